/** What cloud-init is asked to do: Cluster API's fields with all references to Secrets resolved. */

export interface CloudInitFile {
  readonly path: string;
  readonly owner?: string | undefined;
  readonly permissions?: string | undefined;
  readonly encoding?: string | undefined;
  readonly append?: boolean | undefined;
  readonly content?: string | undefined;
}

export interface CloudInitUser {
  readonly name: string;
  readonly gecos?: string | undefined;
  readonly groups?: string | undefined;
  readonly homeDir?: string | undefined;
  readonly inactive?: boolean | undefined;
  readonly shell?: string | undefined;
  readonly passwd?: string | undefined;
  readonly primaryGroup?: string | undefined;
  readonly lockPassword?: boolean | undefined;
  readonly sudo?: string | undefined;
  readonly sshAuthorizedKeys?: readonly string[] | undefined;
}

export interface CloudInitPartition {
  readonly device: string;
  /** True: one partition over the whole disk. */
  readonly layout?: boolean | undefined;
  readonly diskLayout?:
    | readonly { readonly percentage: number; readonly partitionType?: string | undefined }[]
    | undefined;
  readonly overwrite?: boolean | undefined;
  readonly tableType?: string | undefined;
}

export interface CloudInitFilesystem {
  readonly device: string;
  readonly filesystem: string;
  readonly label?: string | undefined;
  readonly partition?: string | undefined;
  readonly overwrite?: boolean | undefined;
  readonly replaceFS?: string | undefined;
  readonly extraOpts?: readonly string[] | undefined;
}

export interface CloudInitNtp {
  readonly servers?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
}

/** Everything a cloud-config says, in the order it says it (`capi.md` 5.3). */
export interface CloudConfig {
  readonly files: readonly CloudInitFile[];
  readonly bootCommands?: readonly string[] | undefined;
  readonly runCommands: readonly string[];
  readonly ntp?: CloudInitNtp | undefined;
  readonly users?: readonly CloudInitUser[] | undefined;
  readonly diskSetup?:
    | {
        readonly partitions?: readonly CloudInitPartition[] | undefined;
        readonly filesystems?: readonly CloudInitFilesystem[] | undefined;
      }
    | undefined;
  readonly mounts?: readonly (readonly string[])[] | undefined;
}
