import type { Clock } from '../../api/ports';
import type { ObjectMeta } from '../../machinery/kube-object';
import { Annotation } from './names';

/** What we create in CloudStack by a call whose answer may be lost. */
export type IntentSubject =
  | 'network'
  | 'vpc'
  | 'address'
  | 'machine'
  | 'affinity-group'
  | 'kubernetes-record'
  | `egress-${'all' | 'tcp' | 'udp' | 'icmp'}`;

/**
 * How long a request may still be on its way after its sender is gone. Before that, "there is none" is no answer to
 * whether it took effect.
 */
export const IN_FLIGHT_MS = 2000;

function key(subject: IntentSubject): string {
  return `${Annotation.intentPrefix}${subject}`;
}

/** When the creation was announced, milliseconds since the epoch; undefined: never. */
export function intentOf(metadata: ObjectMeta, subject: IntentSubject): number | undefined {
  const value = metadata.annotations?.[key(subject)];
  if (value === undefined) return undefined;
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? 0 : parsed;
}

/** Announces a creation. It must be stored before the call is made. */
export function announce(metadata: ObjectMeta, subject: IntentSubject, clock: Clock): void {
  metadata.annotations = { ...metadata.annotations, [key(subject)]: new Date(clock.now()).toISOString() };
}

/** The server refused: nothing was created. */
export function withdraw(metadata: ObjectMeta, subject: IntentSubject): void {
  if (metadata.annotations !== undefined) delete metadata.annotations[key(subject)];
}

/** Milliseconds until an announced creation that left no trace may be tried again. */
export function inFlightMs(intendedAt: number, clock: Clock): number {
  return Math.max(0, intendedAt + IN_FLIGHT_MS - clock.now());
}
