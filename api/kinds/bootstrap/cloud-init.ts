/** What cloud-init does beside kubeadm: files, users, disks, time. */
import { flag, int32, list, object, oneOf, type Rule, text } from '../../schema';

const secretKey = (about: string) =>
  object(about, {
    secret: object('A key of a Secret in the same namespace.', {
      name: text('Name of the Secret.', { min: 1, max: 253 }),
      key: text('The key.', { min: 1, max: 256 }),
    }),
  });

export const files = list(
  'Files written before anything else runs.',
  object('A file.', {
    path: text('Its path.', { min: 1, max: 512 }),
    owner: text('Owner and group, such as root:root.', { min: 1, max: 256 }).optional(),
    permissions: text('Mode in octal, such as "0640".', { min: 1, max: 16 }).optional(),
    encoding: oneOf('How the content is encoded.', ['base64', 'gzip', 'gzip+base64']).optional(),
    append: flag('Whether it is added to the end of an existing file.').optional(),
    content: text('The content.', { min: 1, max: 10240 }).optional(),
    contentFrom: secretKey('Where the content comes from instead.').optional(),
    contentFormat: oneOf('Whether the content is a template.', ['Raw', 'Template']).optional(),
  }),
  { min: 1, max: 200 },
);

export const users = list(
  'Users that are added.',
  object('A user.', {
    name: text('Name of the user.', { min: 1, max: 256 }),
    gecos: text('Full name and the like.', { min: 1, max: 256 }).optional(),
    groups: text('Further groups, separated by commas.', { min: 1, max: 256 }).optional(),
    homeDir: text('Home directory.', { min: 1, max: 256 }).optional(),
    inactive: flag('Whether the user cannot be used.').optional(),
    shell: text('Login shell.', { min: 1, max: 256 }).optional(),
    passwd: text('Hash of the password.', { min: 1, max: 256 }).optional(),
    passwdFrom: secretKey('Where the hash of the password comes from instead.').optional(),
    primaryGroup: text('Primary group.', { min: 1, max: 256 }).optional(),
    lockPassword: flag('Whether logging in by password is off.').optional(),
    sudo: text('Rule for sudo.', { min: 1, max: 256 }).optional(),
    sshAuthorizedKeys: list('Public keys the user may log in with.', text('A key.', { min: 1, max: 2048 }), {
      max: 100,
    }).optional(),
  }),
  { min: 1, max: 100 },
);

const PARTITION_TYPES = ['Linux', 'LinuxSwap', 'LinuxRAID', 'LVM', 'Fat32', 'NTFS', 'LinuxExtended'];
const PARTITION_TYPE = `^(${PARTITION_TYPES.join('|')}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$`;

const partitionType: Rule<string> = {
  cel: `self.matches('${PARTITION_TYPE}')`,
  message: `must be one of ${PARTITION_TYPES.join(', ')}, or a GPT partition GUID`,
  holds: (type) => new RegExp(PARTITION_TYPE).test(type),
};

const oneLayout: Rule<{ layout?: unknown; diskLayout?: unknown }> = {
  cel: '[has(self.layout),has(self.diskLayout)].filter(x,x==true).size() == 1',
  message: 'exactly one of layout and diskLayout must be set',
  holds: (partition) => (partition.layout === undefined) !== (partition.diskLayout === undefined),
};

const partition = object(
  'Partitions of one disk.',
  {
    device: text('The disk.', { min: 1, max: 256 }),
    layout: flag('Whether one partition over the whole disk is made.').optional(),
    diskLayout: list(
      'Partitions by size.',
      object('A partition.', {
        percentage: int32('Its part of the disk.', { min: 1, max: 100 }),
        partitionType: text('Its type; absent: Linux.', { min: 1, max: 36, rules: [partitionType] }).optional(),
      }),
      { min: 1, max: 100 },
    ).optional(),
    overwrite: flag('Whether existing partitions may be lost.').optional(),
    tableType: oneOf('Kind of partition table.', ['mbr', 'gpt']).optional(),
  },
  { rules: [oneLayout] },
);

const filesystem = object('A file system.', {
  device: text('Device it is made on.', { min: 1, max: 256 }),
  filesystem: text('Its type, such as ext4.', { min: 1, max: 128 }),
  label: text('Its label.', { min: 1, max: 512 }).optional(),
  partition: text('Number of the partition, or auto, any, none.', { min: 1, max: 128 }).optional(),
  overwrite: flag('Whether an existing one may be lost.').optional(),
  replaceFS: text('Type of file system that is replaced.', { min: 1, max: 128 }).optional(),
  extraOpts: list('Arguments of mkfs.', text('An argument.', { min: 1, max: 256 }), { max: 100 }).optional(),
});

export const diskSetup = object(
  'Partitions and file systems that are made.',
  {
    partitions: list('Partitions.', partition, { max: 100 }).optional(),
    filesystems: list('File systems.', filesystem, { max: 100 }).optional(),
  },
  { minProperties: 1 },
);

export const mounts = list(
  'Mounts, each a list of fields as in fstab.',
  list('Fields of one mount.', text('A field.', { min: 1, max: 512 }), { min: 1, max: 100, type: 'unset' }),
  { min: 1, max: 100 },
);

export const ntp = object(
  'Time synchronization.',
  {
    servers: list('Time servers.', text('Name or address.', { min: 1, max: 512 }), { max: 100 }).optional(),
    enabled: flag('Whether it is on.').optional(),
  },
  { minProperties: 1 },
);
