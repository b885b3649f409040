import type { Row } from './table';

/** `cloudstack.md` 5.1. */
export type VmState =
  | 'Starting'
  | 'Running'
  | 'Stopping'
  | 'Stopped'
  | 'Migrating'
  | 'Destroyed'
  | 'Expunging'
  | 'Error';

export interface NicRow {
  readonly id: string;
  readonly networkId: string;
  /** Absent on L2 networks. */
  readonly address?: string | undefined;
  readonly mac: string;
  readonly isDefault: boolean;
  readonly secondary: readonly { readonly id: string; readonly address: string }[];
}

export interface VmRow extends Row {
  readonly number: number;
  readonly name: string;
  readonly displayName: string;
  readonly accountId: string;
  readonly userId: string;
  readonly zoneId: string;
  readonly templateId: string;
  readonly serviceOfferingId: string;
  readonly cpuNumber: number;
  readonly cpuSpeedMhz: number;
  readonly memoryMiB: number;
  readonly state: VmState;
  readonly hostId?: string | undefined;
  readonly lastHostId?: string | undefined;
  readonly nics: readonly NicRow[];
  readonly affinityGroupIds: readonly string[];
  readonly keyPairs: readonly string[];
  readonly details: { readonly [key: string]: string };
  readonly group?: string | undefined;
  readonly haEnabled: boolean;
  /** A guest ran on its disk before. */
  readonly booted: boolean;
  readonly created: number;
  readonly updated: number;
  /** When it became Destroyed. */
  readonly destroyedAt?: number | undefined;
}

/** User data, apart from the machine so that a change of state does not write it again. The id is the machine's. */
export interface UserDataRow extends Row {
  readonly userData: string;
}

/** Registered user data (4.18). */
export interface RegisteredUserDataRow extends Row {
  readonly name: string;
  readonly accountId: string;
  readonly userData: string;
  readonly params?: string | undefined;
}

export interface VolumeRow extends Row {
  readonly number: number;
  readonly name: string;
  readonly type: 'ROOT' | 'DATADISK';
  readonly accountId: string;
  readonly zoneId: string;
  readonly sizeGiB: number;
  readonly state: 'Allocated' | 'Creating' | 'Ready' | 'Destroy' | 'Expunging';
  readonly diskOfferingId?: string | undefined;
  readonly vmId?: string | undefined;
  readonly deviceId?: number | undefined;
  readonly attached?: number | undefined;
  readonly created: number;
}

export interface AffinityGroupRow extends Row {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly accountId: string;
}

export interface KubernetesClusterRow extends Row {
  readonly name: string;
  readonly description: string;
  readonly accountId: string;
  readonly zoneId: string;
  readonly networkId?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly kubernetesVersionId?: string | undefined;
  readonly members: readonly { readonly vmId: string; readonly isControlNode: boolean }[];
  readonly created: number;
}
