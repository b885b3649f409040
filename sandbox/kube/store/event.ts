import type { KubeObject } from '../../../machinery/kube-object';

/** A committed change. Objects are frozen and shared by everybody. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  /** The new state; for DELETED the last one, under the revision of the deletion. */
  readonly object: KubeObject;
  readonly previous?: KubeObject | undefined;
}

/** A revision that was compacted away. */
export class RevisionCompacted extends Error {
  constructor(
    readonly revision: number,
    readonly oldest: number,
  ) {
    super(`revision ${revision} is compacted; the oldest is ${oldest}`);
    this.name = 'RevisionCompacted';
  }
}
