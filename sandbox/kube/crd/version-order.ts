interface ParsedVersion {
  readonly major: number;
  /** 2: stable, 1: beta, 0: alpha, -1: not a Kubernetes-like version. */
  readonly stability: number;
  readonly minor: number;
}

function parse(name: string): ParsedVersion {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(name);
  if (match === null) return { major: 0, stability: -1, minor: 0 };
  const stability = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return { major: Number(match[1]), stability, minor: Number(match[3] ?? 0) };
}

/** Orders versions as discovery does: stable before beta before alpha, newer before older, others by name. */
export function byPriority(left: string, right: string): number {
  const [a, b] = [parse(left), parse(right)];
  if (a.stability !== b.stability) return b.stability - a.stability;
  if (a.stability === -1) return left < right ? -1 : left > right ? 1 : 0;
  return b.major - a.major || b.minor - a.minor;
}
