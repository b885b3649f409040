/** A member that a JSON text names twice in one object. */
export interface DuplicateMember {
  /** From the root: `spec.containers[1].image`. */
  readonly path: string;
  readonly key: string;
  /** Of its second mention, counted from 1. */
  readonly line: number;
}

export interface JsonScan {
  /** Why the text is no JSON, in the words of Go's scanner. */
  readonly fault?: string | undefined;
  /** The later value of each holds. Each path once, in the order of the text. */
  readonly duplicates: readonly DuplicateMember[];
}

/** Reads a JSON text for what `JSON.parse` does not tell: Go's words for a fault, and members given twice. */
export function scanJson(text: string): JsonScan {
  const scanner = new Scanner(text);
  try {
    scanner.document();
    return { duplicates: [...scanner.duplicates.values()] };
  } catch (error) {
    if (!(error instanceof ScanFault)) throw error;
    return { fault: error.message, duplicates: [] };
  }
}

class ScanFault extends Error {}

const SPACE = /[ \t\r\n]/;
const DIGIT = /[0-9]/;
/** What Go's scanner is fed when the text is over. */
const AFTER_END = ' ';

class Scanner {
  readonly duplicates = new Map<string, DuplicateMember>();
  #at = 0;

  constructor(private readonly text: string) {}

  document(): void {
    this.#value('');
    const rest = this.#next();
    if (rest !== undefined) this.#refuse('after top-level value');
  }

  /** The next letter that is no blank; undefined at the end. */
  #next(): string | undefined {
    while (SPACE.test(this.text.charAt(this.#at))) this.#at++;
    return this.text[this.#at];
  }

  #value(path: string): void {
    const letter = this.#next();
    if (letter === undefined) throw new ScanFault('unexpected end of JSON input');
    if (letter === '{') this.#object(path);
    else if (letter === '[') this.#array(path);
    else if (letter === '"') this.#string();
    else if (letter === '-' || DIGIT.test(letter)) this.#number();
    else {
      const literal = LITERALS.find((word) => word.startsWith(letter));
      if (literal === undefined) this.#refuse('looking for beginning of value');
      else this.#literal(literal);
    }
  }

  #object(path: string): void {
    const seen = new Set<string>();
    this.#at++;
    if (this.#closes('}')) return;
    for (;;) {
      if (this.#required() !== '"') this.#refuse('looking for beginning of object key string');
      const start = this.#at;
      this.#string();
      const key = String(JSON.parse(this.text.slice(start, this.#at)));
      const where = path === '' ? key : `${path}.${key}`;
      if (seen.has(key) && !this.duplicates.has(where)) {
        this.duplicates.set(where, { path: where, key, line: this.text.slice(0, start).split('\n').length });
      }
      seen.add(key);
      if (this.#required() !== ':') this.#refuse('after object key');
      this.#at++;
      this.#value(where);
      const end = this.#required();
      if (end !== ',' && end !== '}') this.#refuse('after object key:value pair');
      this.#at++;
      if (end === '}') return;
    }
  }

  #array(path: string): void {
    this.#at++;
    if (this.#closes(']')) return;
    for (let index = 0; ; index++) {
      this.#value(`${path}[${index}]`);
      const end = this.#required();
      if (end !== ',' && end !== ']') this.#refuse('after array element');
      this.#at++;
      if (end === ']') return;
    }
  }

  #closes(bracket: string): boolean {
    if (this.#next() !== bracket) return false;
    this.#at++;
    return true;
  }

  #required(): string {
    const letter = this.#next();
    if (letter === undefined) throw new ScanFault('unexpected end of JSON input');
    return letter;
  }

  #string(): void {
    for (this.#at++; ; this.#at++) {
      const letter = this.text[this.#at];
      if (letter === undefined) throw new ScanFault('unexpected end of JSON input');
      if (letter === '"') break;
      if (letter < ' ') this.#refuse('in string literal');
      if (letter === '\\') this.#escape();
    }
    this.#at++;
  }

  #escape(): void {
    this.#at++;
    const kind = this.text[this.#at] ?? AFTER_END;
    if (!'bfnrtu"\\/'.includes(kind)) this.#refuse('in string escape code');
    for (let left = kind === 'u' ? 4 : 0; left > 0; left--) {
      this.#at++;
      if (!/[0-9a-fA-F]/.test(this.text[this.#at] ?? AFTER_END)) this.#refuse('in \\u hexadecimal character escape');
    }
  }

  #number(): void {
    if (this.text[this.#at] === '-') this.#at++;
    if (this.text[this.#at] === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.text[this.#at] === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.text.charAt(this.#at))) {
      this.#at++;
      if (/[+-]/.test(this.text.charAt(this.#at))) this.#at++;
      this.#digits('in exponent of numeric literal');
    }
  }

  #digits(where: string): void {
    if (!DIGIT.test(this.text[this.#at] ?? AFTER_END)) this.#refuse(where);
    while (DIGIT.test(this.text.charAt(this.#at))) this.#at++;
  }

  #literal(word: string): void {
    for (const letter of word) {
      if (this.text[this.#at] !== letter) this.#refuse(`in literal ${word} (expecting '${letter}')`);
      this.#at++;
    }
  }

  #refuse(where: string): never {
    throw new ScanFault(`invalid character ${quoted(this.text[this.#at] ?? AFTER_END)} ${where}`);
  }
}

const LITERALS: readonly string[] = ['true', 'false', 'null'];

/** Go's `quoteChar`, which sees the first byte of a letter. */
function quoted(letter: string): string {
  if (letter === "'") return "'\\''";
  if (letter === '"') return `'"'`;
  const [byte = 0] = Buffer.from(letter, 'utf8');
  const escaped = ESCAPES[byte];
  if (escaped !== undefined) return `'${escaped}'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`;
  return `'${String.fromCharCode(byte)}'`;
}

const ESCAPES: { readonly [byte: number]: string } = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  92: '\\\\',
};
