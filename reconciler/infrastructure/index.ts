/** The infrastructure loop: the CloudStack provider of Cluster API, one folder for each kind. */
import type { Controller } from '../../api/ports';
import { cloudStackAffinityGroupController } from './cloudstack-affinity-group/controller';
import { cloudStackClusterController } from './cloudstack-cluster/controller';
import { cloudStackFailureDomainController } from './cloudstack-failure-domain/controller';
import { cloudStackIsolatedNetworkController } from './cloudstack-isolated-network/controller';
import { cloudStackMachineController } from './cloudstack-machine/controller';
import { cloudStackMachineTemplateController } from './cloudstack-machine-template/controller';
import type { InfrastructureDeps } from './deps';
import { Setbacks } from './setbacks';

export type { InfrastructureDeps } from './deps';

/** All controllers of the loop. CloudStackMachineStateChecker is accepted and has none (`capc.md` 1.8). */
export function infrastructureControllers(
  given: InfrastructureDeps,
  setbacks: Setbacks = new Setbacks(given.clock),
): Controller[] {
  const deps: InfrastructureDeps = { lastRead: new Map(), ...given };
  return [
    cloudStackClusterController(deps, setbacks),
    cloudStackFailureDomainController(deps, setbacks),
    cloudStackIsolatedNetworkController(deps, setbacks),
    cloudStackAffinityGroupController(deps, setbacks),
    cloudStackMachineController(deps, setbacks),
    cloudStackMachineTemplateController(deps),
  ];
}
