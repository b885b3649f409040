/** A file with `contentFormat: Template` that cannot be rendered; the message says why. */
export class TemplateUnusable extends Error {
  override readonly name = 'TemplateUnusable';
}

/** Most a rendered file may hold (`capi.md` 5.3). */
const LIMIT_BYTES = 1024 * 1024;
const ACTION = /\{\{(-?)\s*(.*?)\s*(-?)\}\}/gs;

/**
 * Renders the one thing upstream's templates offer: `{{ .controlPlane.version }}`. Other actions of Go's template
 * language are refused and not left in the text, where they would fail on the machine.
 * @throws TemplateUnusable
 */
export function renderFileTemplate(text: string, values: { readonly controlPlaneVersion: string }): string {
  let result = '';
  let end = 0;
  let trimNext = false;
  for (const match of text.matchAll(ACTION)) {
    const [whole, trimBefore, action, trimAfter] = match;
    if (action !== '.controlPlane.version') {
      throw new TemplateUnusable(`template uses {{ ${action} }}; only {{ .controlPlane.version }} is known`);
    }
    result += piece(text.slice(end, match.index), trimNext, trimBefore === '-') + values.controlPlaneVersion;
    trimNext = trimAfter === '-';
    end = match.index + whole.length;
  }
  result += piece(text.slice(end), trimNext, false);
  if (Buffer.byteLength(result) > LIMIT_BYTES)
    throw new TemplateUnusable(`rendered content exceeds ${LIMIT_BYTES} bytes`);
  return result;
}

function piece(text: string, trimStart: boolean, trimEnd: boolean): string {
  const start = trimStart ? text.trimStart() : text;
  return trimEnd ? start.trimEnd() : start;
}
