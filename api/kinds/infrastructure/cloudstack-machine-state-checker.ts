import { defineKind, type ObjectOf } from '../../define-kind';
import { object, text } from '../../schema';
import { infrastructure } from './group';
import { stateCheckerVersions } from './old-versions';
import { ready } from './shapes';

/** Accepted and kept, but nothing acts on it, as in CAPC (`capc.md` 1.8). */
export const CloudStackMachineStateChecker = defineKind({
  ...infrastructure,
  otherVersions: stateCheckerVersions,
  kind: 'CloudStackMachineStateChecker',
  plural: 'cloudstackmachinestatecheckers',
  about: 'Left by CAPC beside each machine; nothing acts on it.',
  spec: object('The machine.', { instanceID: text('Id of the virtual machine.').optional() }),
  status: object('What was seen of it.', { ready: ready.optional() }),
});

export type CloudStackMachineStateChecker = ObjectOf<typeof CloudStackMachineStateChecker>;
