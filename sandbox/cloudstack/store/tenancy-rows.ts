import type { JsonObject } from '../../../machinery/json';
import type { Row } from './table';

/** Who owns things. Times are milliseconds since the epoch; `number` is the internal id that error texts print. */

export interface DomainRow extends Row {
  readonly number: number;
  readonly name: string;
  readonly parentId?: string | undefined;
  /** `ROOT` or `ROOT/a/b`. */
  readonly path: string;
  readonly level: number;
  readonly limits: Limits;
}

/** `accounttype` on the wire (`cloudstack.md` 1.6). */
export const AccountType = { user: 0, root: 1, domainAdmin: 2, project: 5 } as const;

/** Most of each resource; absent or -1: unlimited. Memory in MiB, primary storage in GiB. */
export type Limits = { readonly [resource in ResourceName]?: number };

export type ResourceName =
  | 'user_vm'
  | 'public_ip'
  | 'volume'
  | 'snapshot'
  | 'template'
  | 'project'
  | 'network'
  | 'vpc'
  | 'cpu'
  | 'memory'
  | 'primary_storage'
  | 'secondary_storage';

export interface AccountRow extends Row {
  readonly number: number;
  readonly name: string;
  readonly type: number;
  readonly domainId: string;
  readonly state: 'enabled' | 'disabled';
  readonly created: number;
  readonly limits: Limits;
  /** Setting `allow.user.expunge.recover.vm` of the account. */
  readonly mayExpunge: boolean;
  /** Commands its role denies. */
  readonly denied: readonly string[];
  /** Set on the hidden account that owns a project's objects. */
  readonly projectId?: string | undefined;
}

export interface UserRow extends Row {
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly accountId: string;
  readonly state: 'enabled' | 'disabled';
  readonly created: number;
  readonly password: string;
  readonly apiKey?: string | undefined;
  readonly secretKey?: string | undefined;
}

export interface ProjectRow extends Row {
  readonly name: string;
  readonly displayText: string;
  readonly state: 'Active' | 'Suspended';
  readonly domainId: string;
  /** The hidden account that owns the project's objects. */
  readonly accountId: string;
  readonly ownerAccountId: string;
  readonly memberAccountIds: readonly string[];
  readonly created: number;
}

export interface KeyPairRow extends Row {
  readonly name: string;
  readonly accountId: string;
  readonly publicKey: string;
  readonly fingerprint: string;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
  readonly customer?: string | undefined;
}

/** The tags of one object, under its id. */
export interface TagsRow extends Row {
  readonly resourceType: string;
  readonly accountId: string;
  readonly tags: readonly Tag[];
}

export interface JobRow extends Row {
  readonly command: string;
  /** Java class name, as the server prints it. */
  readonly javaClass: string;
  readonly accountId: string;
  readonly userId: string;
  /** 0 pending, 1 succeeded, 2 failed. */
  readonly status: 0 | 1 | 2;
  readonly resultCode: number;
  /** Absent while pending and after a restart of the server. */
  readonly result?: JsonObject | undefined;
  readonly instanceType?: string | undefined;
  readonly instanceId?: string | undefined;
  readonly created: number;
  readonly completed?: number | undefined;
}

/** Values that belong to the installation as a whole. */
export interface SettingRow extends Row {
  readonly value: number | string;
}
