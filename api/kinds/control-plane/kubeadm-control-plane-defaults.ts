/** Defaults of KubeadmControlPlane and its template (`capi.md` 2.6). */

interface WithRollout {
  rollout?:
    | {
        strategy?:
          | { type: 'RollingUpdate'; rollingUpdate?: { maxSurge?: number | string | undefined } | undefined }
          | undefined;
      }
    | undefined;
}

export function defaultRollout(spec: WithRollout): void {
  spec.rollout ??= {};
  spec.rollout.strategy ??= { type: 'RollingUpdate' };
  spec.rollout.strategy.type ??= 'RollingUpdate';
  spec.rollout.strategy.rollingUpdate ??= {};
  spec.rollout.strategy.rollingUpdate.maxSurge ??= 1;
}
