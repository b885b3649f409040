/** `status.phase` of a Machine (`capi.md` 4.3). Pure. */

export interface PhaseFacts {
  readonly deleting: boolean;
  readonly bootstrapDataSecretCreated: boolean;
  readonly infrastructureProvisioned: boolean;
  readonly providerId: string | undefined;
  readonly nodeRef: string | undefined;
}

export type MachinePhase = 'Pending' | 'Provisioning' | 'Provisioned' | 'Running' | 'Deleting';

export function phaseOf(facts: PhaseFacts): MachinePhase {
  if (facts.deleting) return 'Deleting';
  if (facts.nodeRef !== undefined && facts.infrastructureProvisioned) return 'Running';
  if (facts.providerId !== undefined) return 'Provisioned';
  if (facts.bootstrapDataSecretCreated && !facts.infrastructureProvisioned) return 'Provisioning';
  return 'Pending';
}
