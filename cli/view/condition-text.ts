import type { Condition } from '../../machinery/conditions';

/** Conditions whose True means work in progress or trouble. */
const NEGATIVE = new Set([
  'Deleting',
  'RollingOut',
  'ScalingUp',
  'ScalingDown',
  'Updating',
  'Remediating',
  'Paused',
  'Stalled',
  'DeletionPending',
]);

/** True when the condition says that something is wrong or in motion. */
export function isUnsettled(condition: Condition): boolean {
  return condition.status !== (NEGATIVE.has(condition.type) ? 'False' : 'True');
}

/** Reason and the message up to its first cause: a heading (`… is blocked because:`) says nothing alone. */
export function firstLine(condition: Pick<Condition, 'reason' | 'message'> | undefined): string {
  if (condition === undefined) return '';
  const shown: string[] = [];
  for (const line of condition.message.split('\n')) {
    shown.push(line.replace(/^\s*\* /, '').trim());
    if (!line.endsWith(':')) break;
  }
  const text = shown.join(' ').trim();
  return text === '' ? condition.reason : `${condition.reason}: ${text}`;
}
