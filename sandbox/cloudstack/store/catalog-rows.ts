import type { Row } from './table';

/** What the operator of a cloud provides: places, sizes, images, kinds of networks. */

export interface ZoneRow extends Row {
  readonly name: string;
  readonly allocationState: 'Enabled' | 'Disabled';
  readonly token: string;
  readonly dns1: string;
  readonly guestCidr: string;
  readonly physicalNetworkId: string;
  readonly publicNetworkId: string;
  readonly podId: string;
  readonly clusterId: string;
  readonly storageId: string;
}

export interface HostRow extends Row {
  readonly number: number;
  readonly name: string;
  readonly zoneId: string;
  readonly cpuNumber: number;
  readonly cpuSpeedMhz: number;
  readonly memoryMiB: number;
  readonly tags: readonly string[];
  readonly state: 'Up' | 'Down' | 'Disconnected';
  readonly resourceState: 'Enabled' | 'Maintenance' | 'PrepareForMaintenance' | 'Disabled';
  readonly address: string;
  readonly created: number;
}

export interface ServiceOfferingRow extends Row {
  readonly name: string;
  readonly displayText: string;
  /** Absent on custom offerings. */
  readonly cpuNumber?: number | undefined;
  readonly cpuSpeedMhz?: number | undefined;
  readonly memoryMiB?: number | undefined;
  readonly offerHa: boolean;
  readonly hostTags: readonly string[];
  readonly rootDiskGiB?: number | undefined;
  readonly created: number;
}

export interface DiskOfferingRow extends Row {
  readonly name: string;
  readonly displayText: string;
  /** Absent on custom offerings: the caller says the size. */
  readonly sizeGiB?: number | undefined;
  readonly created: number;
}

export interface TemplateRow extends Row {
  readonly name: string;
  readonly displayText: string;
  readonly accountId: string;
  readonly zoneId: string;
  readonly sizeGiB: number;
  readonly ready: boolean;
  readonly isPublic: boolean;
  readonly isFeatured: boolean;
  readonly osTypeId: string;
  readonly osTypeName: string;
  readonly arch: string;
  readonly forCks: boolean;
  readonly created: number;
}

export interface NetworkOfferingRow extends Row {
  readonly name: string;
  readonly displayText: string;
  readonly guestType: 'Isolated' | 'Shared' | 'L2';
  readonly forVpc: boolean;
  readonly services: readonly string[];
  readonly egressDefaultAllow: boolean;
  readonly routingMode?: 'Static' | 'Dynamic' | undefined;
  readonly specifyIpRanges: boolean;
  readonly isDefault: boolean;
  readonly availability: 'Required' | 'Optional';
  readonly serviceOfferingId: string;
  readonly created: number;
}

export interface VpcOfferingRow extends Row {
  readonly name: string;
  readonly displayText: string;
  readonly isDefault: boolean;
  readonly services: readonly string[];
  readonly created: number;
}

export interface KubernetesVersionRow extends Row {
  readonly name: string;
  readonly semanticVersion: string;
  readonly zoneId: string;
  readonly isoId: string;
  readonly created: number;
}
