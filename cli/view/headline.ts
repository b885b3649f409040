import type { Blocking } from './blocking';
import { firstLine } from './condition-text';

/** What `capstan why` prints beside the message. */
const JOB = / \(CloudStack job [0-9a-f-]+\)/g;

/** What blocks, in one line: `Kind name: Reason: message`. The namespace is that of the cluster it is told about. */
export function headline({ object, condition, reason, message }: Blocking): string {
  const name = object.replace(/ [^ /]+\//, ' ');
  if (message === '') return `${name}: ${condition} ${reason}`;
  return `${name}: ${firstLine({ reason, message }).replace(JOB, '')}`;
}
