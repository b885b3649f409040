import { gzipSync } from 'node:zlib';

export interface UserDataInput {
  /** Decoded bootstrap data. */
  readonly data: Buffer;
  /** Name of the Machine. */
  readonly machineName: string;
  readonly failureDomain: string;
  /** `cloud-config`, `ignition`, …; absent means cloud-config. */
  readonly format?: string | undefined;
  /** `spec.uncompressedUserData`. */
  readonly uncompressed: boolean;
}

/**
 * What `deployVirtualMachine` gets as user data (`capc.md` 3.7): two placeholders are filled in, other Jinja is left to
 * cloud-init; then gzip, which cloud-init inflates and Ignition does not; then base64.
 */
export function prepareUserData(input: UserDataInput): string {
  const filled = fillPlaceholders(input.data, input.machineName, input.failureDomain);
  const isCloudConfig = input.format === undefined || input.format === '' || input.format === 'cloud-config';
  const bytes = isCloudConfig && !input.uncompressed ? gzipSync(filled, { level: 9 }) : filled;
  return bytes.toString('base64');
}

const HOSTNAME = /\{\{\s*ds\.meta_data\.hostname\s*\}\}/g;
// With braces the whole expression goes: what stays inside braces would be an undefined name for Jinja.
const FAILURE_DOMAIN = /\{\{\s*ds\.meta_data\.failuredomain\s*\}\}|ds\.meta_data\.failuredomain/g;

function fillPlaceholders(data: Buffer, machineName: string, failureDomain: string): Buffer {
  if (!data.includes('ds.meta_data.')) return data;
  const text = data.toString('utf8');
  return Buffer.from(
    text.replace(HOSTNAME, () => machineName).replace(FAILURE_DOMAIN, () => failureDomain),
    'utf8',
  );
}
