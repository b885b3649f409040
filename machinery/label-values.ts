import { fnv1a32 } from './fnv';

const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** Whether a text may be the value of a label: at most 63 characters of the allowed ones. */
export function isLabelValue(text: string): boolean {
  return text.length <= 63 && LABEL_VALUE.test(text);
}

/**
 * A name as a label value: itself where that is allowed, else `hash_<base64url of FNV-1a-32>_z` (`capi.md` 0.4).
 * Always compare labels through this function.
 */
export function labelValueOf(name: string): string {
  if (isLabelValue(name)) return name;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(fnv1a32(name));
  return `hash_${bytes.toString('base64url')}_z`;
}
