import type { Log } from '../../../api/ports/objects';
import type { Clock } from '../../../machinery/clock';
import type { KubeObject } from '../../../machinery/kube-object';
import type { Random } from '../../../machinery/random';
import type { Registry, Served } from '../registry/registry';
import type { Store } from '../store/store';
import type { Admission } from './admission';
import type { Duplicates } from './strict';

/** Who asks. */
export interface User {
  readonly username: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra?: { readonly [key: string]: readonly string[] } | undefined;
}

/** The administrator: what callers in the process are unless they say otherwise. */
export const ADMINISTRATOR: User = {
  username: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
};

/** A request's origin, and where warnings for it are collected. */
export interface Caller {
  readonly user: User;
  /** `User-Agent`; names the field manager of writes that do not name one. */
  readonly userAgent: string;
  readonly warnings: string[];
}

/** What every operation works on. */
export interface Core {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly registry: Registry;
  readonly admission: Admission;
  readonly log: Log | undefined;
}

/** An object's address as a request gives it. */
export interface Target extends Served {
  readonly namespace: string;
  readonly name: string;
  /** Empty: the object itself. */
  readonly subresource: string;
}

/** A collection's address. An empty namespace means all of them. */
export interface CollectionTarget extends Served {
  readonly namespace: string;
}

export interface MutationOptions {
  readonly dryRun?: boolean | undefined;
  readonly fieldManager?: string | undefined;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict' | undefined;
  /** What the text of the body names twice. @default - nothing, as in a body that never was a text */
  readonly duplicates?: Duplicates | undefined;
  /** Told when the write makes a new object. */
  readonly onCreate?: (() => void) | undefined;
}

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What admission sees. */
export interface AdmissionRequest {
  readonly operation: Operation;
  readonly target: Target;
  readonly user: User;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  readonly dryRun: boolean;
  readonly options: { readonly [name: string]: unknown };
  readonly warnings: string[];
}
