import { gunzipSync } from 'node:zlib';
import { messageOf } from '../../../machinery/errors';

/** CloudStack accepts 1 MiB of base64; anything that inflates beyond this is refused as a bomb. */
const MAX_TEXT_BYTES = 32 * 1024 * 1024;

export type UserData =
  | { readonly kind: 'none' }
  | { readonly kind: 'cloud-config'; readonly text: string; readonly isTemplate: boolean }
  /** cloud-init would not run it as a cloud-config; `why` is what its log says. */
  | { readonly kind: 'unusable'; readonly why: string };

/** What cloud-init makes of the bytes delivered to a VM: base64 from CloudStack, maybe gzip inside. */
export function decodeUserData(delivered: string): UserData {
  if (delivered === '') return { kind: 'none' };
  const bytes = Buffer.from(delivered, 'base64');
  let text: string;
  try {
    text = (isGzip(bytes) ? gunzipSync(bytes, { maxOutputLength: MAX_TEXT_BYTES }) : bytes).toString('utf8');
  } catch (error) {
    return { kind: 'unusable', why: `Failed to decompress user data: ${messageOf(error)}` };
  }
  const isTemplate = /^## *template: *jinja *\r?\n/.test(text);
  const body = isTemplate ? text.slice(text.indexOf('\n') + 1) : text;
  if (!/^#cloud-config\s*(?:\n|$)/.test(body)) {
    const start = JSON.stringify(body.slice(0, 40).replace(/[^ -~]/g, ''));
    return { kind: 'unusable', why: `Unhandled non-multipart (text/x-not-multipart) userdata: '${start}...'` };
  }
  return { kind: 'cloud-config', text: body, isTemplate };
}

export function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
