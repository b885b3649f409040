/** Defaults of KubeadmControlPlane and its template (`capi.md` 2.6). They run before validation. */

interface RolloutDraft {
  rollout?:
    | {
        strategy?:
          | {
              type?: string | undefined;
              rollingUpdate?: { maxSurge?: number | string | undefined } | undefined;
            }
          | undefined;
      }
    | undefined;
}

export interface ControlPlaneDraft {
  spec?: (RolloutDraft & { replicas?: number | undefined; version?: string | undefined }) | undefined;
}

export interface ControlPlaneTemplateDraft {
  spec?: { template?: { spec?: RolloutDraft | undefined } | undefined } | undefined;
}

export function defaultRollout(spec: RolloutDraft): void {
  spec.rollout ??= {};
  spec.rollout.strategy ??= {};
  const { strategy } = spec.rollout;
  strategy.type ??= 'RollingUpdate';
  strategy.rollingUpdate ??= {};
  strategy.rollingUpdate.maxSurge ??= 1;
}
