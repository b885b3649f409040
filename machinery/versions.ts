/** Kubernetes release versions (`v1.34.2`) and API versions (`v1beta2`). */

export interface SemanticVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Dot-separated identifiers after `-`, empty for a release. */
  readonly preRelease: readonly string[];
}

const SEMVER = /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Undefined when the text is not a semantic version; a leading `v` is allowed, build metadata is ignored. */
export function parseVersion(text: string): SemanticVersion | undefined {
  const match = SEMVER.exec(text);
  if (match === null) return undefined;
  return {
    major: Number(match[1]),
    minor: Number(match[2]),
    patch: Number(match[3]),
    preRelease: match[4] === undefined ? [] : match[4].split('.'),
  };
}

/** Precedence of Semantic Versioning 2.0.0, section 11. */
export function compareVersions(left: SemanticVersion, right: SemanticVersion): number {
  const core = left.major - right.major || left.minor - right.minor || left.patch - right.patch;
  if (core !== 0) return Math.sign(core);
  if (left.preRelease.length === 0 || right.preRelease.length === 0) {
    return Math.sign(right.preRelease.length - left.preRelease.length);
  }
  for (let index = 0; index < Math.max(left.preRelease.length, right.preRelease.length); index++) {
    const order = compareIdentifiers(left.preRelease[index], right.preRelease[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareIdentifiers(left: string | undefined, right: string | undefined): number {
  if (left === right) return 0;
  if (left === undefined) return -1;
  if (right === undefined) return 1;
  const leftIsNumber = /^\d+$/.test(left);
  const rightIsNumber = /^\d+$/.test(right);
  if (leftIsNumber && rightIsNumber) return Math.sign(Number(left) - Number(right));
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1;
  return left < right ? -1 : 1;
}

/** Order of two version texts; a text that is no version is lower than every version. */
export function compareVersionTexts(left: string, right: string): number {
  const a = parseVersion(left);
  const b = parseVersion(right);
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compareVersions(a, b);
}

const API_VERSION = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;
const STAGE = { alpha: 0, beta: 1, stable: 2 } as const;

/** Kubernetes' order of API versions: stable > beta > alpha, then numbers; anything else is lower, by text. */
export function compareApiVersions(left: string, right: string): number {
  const a = API_VERSION.exec(left);
  const b = API_VERSION.exec(right);
  if (a === null || b === null) {
    if (a === null && b === null) return left === right ? 0 : left > right ? -1 : 1;
    return a === null ? -1 : 1;
  }
  const stage = (match: RegExpExecArray) =>
    match[2] === 'alpha' ? STAGE.alpha : match[2] === 'beta' ? STAGE.beta : STAGE.stable;
  return (
    Math.sign(stage(a) - stage(b)) ||
    Math.sign(Number(a[1]) - Number(b[1])) ||
    Math.sign(Number(a[3] ?? 0) - Number(b[3] ?? 0))
  );
}

/** How many objects run a version. */
export interface VersionCount {
  version: string;
  replicas: number;
}

/** Counts of versions, oldest first (`status.versions`). */
export function countVersions(versions: readonly (string | undefined)[]): VersionCount[] {
  const counts = new Map<string, number>();
  for (const version of versions) if (version !== undefined) counts.set(version, (counts.get(version) ?? 0) + 1);
  return [...counts]
    .map(([version, replicas]) => ({ version, replicas }))
    .sort((left, right) => compareVersionTexts(left.version, right.version));
}

/** The text with a leading `v`, as Kubernetes releases are named. */
export function withV(version: string): string {
  return version.startsWith('v') ? version : `v${version}`;
}
