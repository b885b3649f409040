import { StringDecoder } from 'node:string_decoder';

/** Cuts a byte stream into lines. Characters and lines may be split between chunks. */
export class LineDecoder {
  readonly #utf8 = new StringDecoder('utf8');
  /** Chunks without a line end so far; joined once, so that a long line costs no quadratic copying. */
  #pending: string[] = [];

  /** The lines that `chunk` completes, without empty ones. */
  push(chunk: Uint8Array): string[] {
    const text = this.#utf8.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    let end = text.indexOf('\n');
    if (end < 0) {
      if (text !== '') this.#pending.push(text);
      return [];
    }
    const lines: string[] = [];
    let start = 0;
    for (; end >= 0; end = text.indexOf('\n', start)) {
      const part = text.slice(start, end);
      const line = this.#pending.length === 0 ? part : this.#pending.join('') + part;
      this.#pending = [];
      if (line !== '') lines.push(line);
      start = end + 1;
    }
    if (start < text.length) this.#pending.push(text.slice(start));
    return lines;
  }
}
