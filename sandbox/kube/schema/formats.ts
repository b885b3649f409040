import { isIP } from 'node:net';

const PATTERNS: { readonly [format: string]: RegExp } = {
  'date-time': /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  email: /^[^@\s]+@[^@\s]+$/,
  hostname: /^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/,
  mac: /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i,
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  duration: /^-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d|w))+$|^0$/,
};

/** Why a string is not of a format; undefined when it is, or when the format is not one the server checks. */
export function formatFault(format: string, value: string): string | undefined {
  const isFine = check(format, value);
  return isFine ? undefined : `is not a ${format}`;
}

export const isCheckedFormat = (format: string | undefined): format is string =>
  format !== undefined && (format in PATTERNS || ADDRESSES.includes(format));

const ADDRESSES: readonly string[] = ['ipv4', 'ipv6', 'ip', 'cidr', 'uri'];

function check(format: string, value: string): boolean {
  switch (format) {
    case 'ipv4':
      return isIP(value) === 4;
    case 'ipv6':
      return isIP(value) === 6;
    case 'ip':
      return isIP(value) !== 0;
    case 'cidr': {
      const [address = '', length = ''] = value.split('/');
      const family = isIP(address);
      return family !== 0 && /^\d+$/.test(length) && Number(length) <= (family === 4 ? 32 : 128);
    }
    case 'uri':
      return URL.canParse(value) || value.startsWith('/');
    default:
      return PATTERNS[format]?.test(value) ?? true;
  }
}
