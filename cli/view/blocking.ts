import type { KubeObject, ObjectKey } from '../../machinery/kube-object';
import type { Asking } from './subject';

/** What `capstan why` is asked. */
export interface Question extends Asking {
  /** A Machine of the cluster that the question is about. @default - the whole cluster */
  readonly machine?: KubeObject | undefined;
}

/** The condition that everything else waits for. */
export interface Blocking {
  /** `Kind namespace/name`. */
  readonly object: string;
  readonly involved: ObjectKey & { readonly uid?: string | undefined };
  readonly condition: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly since: string;
  /** CloudStack job that the message speaks of. */
  readonly cloudstackJob?: string | undefined;
  /** The latest Warning about the object, where its condition alone does not tell enough. */
  readonly warning?: Warning | undefined;
  /** What unblocks it. */
  readonly nextStep: string;
  /** From the object asked about down to the blocking one. */
  readonly path: readonly string[];
}

/** A Warning event, as far as people need it. */
export interface Warning {
  readonly reason: string;
  readonly message: string;
  /** RFC 3339; when it was seen last. */
  readonly at: string;
}
