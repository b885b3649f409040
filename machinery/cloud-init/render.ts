import type { CloudConfig, CloudInitFile, CloudInitFilesystem, CloudInitPartition, CloudInitUser } from './types';

/** Makes cloud-init render the text as a template first, so that users may write `{{ ds.meta_data.… }}`. */
export const JINJA_HEADER = '## template: jinja';

/**
 * A cloud-config in the layout of `capi.md` 5.3. Written as text and not through a YAML library: templates must reach
 * cloud-init as the user wrote them, which only block scalars guarantee.
 */
export function renderCloudConfig(config: CloudConfig): string {
  const lines = [JINJA_HEADER, '#cloud-config', ''];
  if (config.files.length > 0) lines.push('write_files:', ...config.files.flatMap(fileLines));
  lines.push(...commandLines('bootcmd', config.bootCommands));
  lines.push(...commandLines('runcmd', config.runCommands));
  lines.push(...ntpLines(config.ntp));
  if (config.users !== undefined && config.users.length > 0) lines.push('users:', ...config.users.flatMap(userLines));
  lines.push(...diskLines(config.diskSetup?.partitions ?? []));
  lines.push(...filesystemLines(config.diskSetup?.filesystems ?? []));
  if (config.mounts !== undefined && config.mounts.length > 0) {
    lines.push('mounts:', ...config.mounts.flatMap((mount) => item(mount.map((part) => `- ${quoted(part)}`))));
  }
  return `${lines.join('\n')}\n`;
}

const BLOCK = 6;

function fileLines(file: CloudInitFile): string[] {
  const lines = [`-   path: ${quotedOrPlain(file.path)}`];
  if (present(file.encoding)) lines.push(`    encoding: ${quoted(file.encoding)}`);
  if (present(file.owner)) lines.push(`    owner: ${quotedOrPlain(file.owner)}`);
  if (present(file.permissions)) lines.push(`    permissions: '${file.permissions}'`);
  if (file.append === true) lines.push('    append: true');
  if (present(file.content)) lines.push(...contentLines(file.content));
  return lines;
}

/** A literal block keeps every character; what it cannot hold (control characters, carriage returns) is escaped. */
function contentLines(content: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters a YAML block may not hold
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ud800-\udfff]/.test(content)) {
    return [`    content: ${quoted(content)}`];
  }
  if (/^\n*$/.test(content)) return [`    content: ${quoted(content)}`];
  const body = content.replace(/\n+$/, '');
  const ends = content.length - body.length;
  const chomping = ends === 0 ? '-' : ends === 1 ? '' : '+';
  // A parser takes the indentation from the first line that is not empty, unless it is told.
  const indicator = /^\n*[ \t]/.test(content) ? '2' : '';
  const lines = body.split('\n').map((line) => (line === '' ? '' : `${' '.repeat(BLOCK)}${line}`));
  return [
    `    content: |${indicator}${chomping}`,
    ...lines,
    ...Array.from({ length: Math.max(0, ends - 1) }, () => ''),
  ];
}

function commandLines(section: string, commands: readonly string[] | undefined): string[] {
  if (commands === undefined || commands.length === 0) return [];
  return [`${section}:`, ...commands.map((command) => `  - ${quoted(command)}`)];
}

function ntpLines(ntp: CloudConfig['ntp']): string[] {
  if (ntp === undefined) return [];
  const lines = ['ntp:'];
  if (ntp.enabled !== undefined) lines.push(`  enabled: ${ntp.enabled}`);
  if (ntp.servers !== undefined && ntp.servers.length > 0) {
    lines.push('  servers:', ...ntp.servers.map((server) => `    - ${quoted(server)}`));
  }
  return lines.length === 1 ? [] : lines;
}

function userLines(user: CloudInitUser): string[] {
  const fields: [string, string | boolean | undefined][] = [
    ['name', user.name],
    ['gecos', user.gecos],
    ['groups', user.groups],
    ['homedir', user.homeDir],
    ['inactive', user.inactive],
    ['shell', user.shell],
    ['passwd', user.passwd],
    ['primary_group', user.primaryGroup],
    ['lock_passwd', user.lockPassword],
    ['sudo', user.sudo],
  ];
  const lines = fieldLines(fields);
  if (user.sshAuthorizedKeys !== undefined && user.sshAuthorizedKeys.length > 0) {
    lines.push('ssh_authorized_keys:', ...user.sshAuthorizedKeys.map((key) => `  - ${quoted(key)}`));
  }
  return item(lines);
}

/** Codes that cloud-init's partitioner (sfdisk, sgdisk) knows; anything else is passed on, such as a GUID. */
const PARTITION_CODES: { readonly [type: string]: string } = {
  Linux: '83',
  LinuxSwap: '82',
  LinuxRAID: 'fd',
  LVM: '8e',
  Fat32: '0c',
  NTFS: '07',
  LinuxExtended: '85',
};

function diskLines(partitions: readonly CloudInitPartition[]): string[] {
  if (partitions.length === 0) return [];
  const lines = ['disk_setup:'];
  for (const partition of partitions) {
    lines.push(`  ${quoted(partition.device)}:`);
    if (present(partition.tableType)) lines.push(`    table_type: ${quotedOrPlain(partition.tableType)}`);
    if (partition.diskLayout !== undefined && partition.diskLayout.length > 0) {
      lines.push('    layout:');
      for (const part of partition.diskLayout) {
        const code = present(part.partitionType)
          ? (PARTITION_CODES[part.partitionType] ?? part.partitionType)
          : undefined;
        lines.push(code === undefined ? `      - ${part.percentage}` : `      - [${part.percentage}, ${quoted(code)}]`);
      }
    } else if (partition.layout !== undefined) {
      lines.push(`    layout: ${partition.layout}`);
    }
    if (partition.overwrite !== undefined) lines.push(`    overwrite: ${partition.overwrite}`);
  }
  return lines;
}

function filesystemLines(filesystems: readonly CloudInitFilesystem[]): string[] {
  if (filesystems.length === 0) return [];
  const lines = ['fs_setup:'];
  for (const filesystem of filesystems) {
    const fields = fieldLines([
      ['label', filesystem.label],
      ['filesystem', filesystem.filesystem],
      ['device', filesystem.device],
      ['partition', filesystem.partition],
      ['overwrite', filesystem.overwrite],
      ['replace_fs', filesystem.replaceFS],
    ]);
    if (filesystem.extraOpts !== undefined && filesystem.extraOpts.length > 0) {
      fields.push('extra_opts:', ...filesystem.extraOpts.map((option) => `  - ${quoted(option)}`));
    }
    lines.push(...item(fields));
  }
  return lines;
}

function fieldLines(fields: readonly [string, string | boolean | undefined][]): string[] {
  return fields
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? quotedOrPlain(value) : value}`);
}

/** Lines as one entry of a sequence. */
function item(lines: readonly string[]): string[] {
  return lines.map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`);
}

/** Double quotes with JSON's escapes, which are YAML's too. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

const PLAIN = /^[A-Za-z/][A-Za-z0-9/_.:-]*$/;
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null|none)$/i;

function quotedOrPlain(text: string): string {
  return PLAIN.test(text) && !WORDS.test(text) && !text.endsWith(':') ? text : quoted(text);
}

function present(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
