import { firstLine } from './condition-text';
import type { Blocking } from './why';

/** What blocks, in one line: `Kind name: Reason: message`. The namespace is that of the cluster it is told about. */
export function headline({ object, condition, reason, message }: Blocking): string {
  const name = object.replace(/ [^ /]+\//, ' ');
  return message === '' ? `${name}: ${condition} ${reason}` : `${name}: ${firstLine({ reason, message })}`;
}
