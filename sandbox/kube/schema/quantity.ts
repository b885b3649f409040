const SUFFIXES: { readonly [suffix: string]: number } = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The value of a Kubernetes quantity (`100m`, `1.5Gi`, `1e3`), or undefined when the text is none. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/.exec(text);
  if (match === null) return undefined;
  const number = Number(match[1]);
  return match[2] === undefined ? number * (SUFFIXES[match[3] ?? ''] ?? 1) : number * 10 ** Number(match[2]);
}

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL = ['m', '', 'k', 'M', 'G', 'T', 'P', 'E'];

/** A quantity as the server writes it back: no fraction, and the largest suffix that loses nothing (`1024Mi` → `1Gi`). */
export function canonicalQuantity(text: string): string {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?(m|k|[MGTPE]|[KMGTPE]i)?$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  const isBinary = suffix.endsWith('i');
  const scale = isBinary ? BINARY : DECIMAL;
  const base = isBinary ? 1024n : 1000n;
  let index = scale.indexOf(suffix);
  let number = BigInt(whole + fraction);
  let divisor = 10n ** BigInt(fraction.length);
  // Move down until the fraction is gone.
  while (number % divisor !== 0n && index > 0) {
    number *= base;
    index--;
  }
  if (number % divisor !== 0n) return text;
  number /= divisor;
  divisor = 1n;
  if (number === 0n) return '0';
  while (number % base === 0n && index < scale.length - 1) {
    number /= base;
    index++;
  }
  return `${sign === '-' ? '-' : ''}${number}${scale[index] ?? ''}`;
}
