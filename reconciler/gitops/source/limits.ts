/** Ceilings of one revision. Anything beyond is refused before it is read (`gitops.md` 6.2). */
export interface SourceLimits {
  readonly fileBytes: number;
  readonly totalBytes: number;
  readonly files: number;
  readonly pathLength: number;
}

export const DEFAULT_SOURCE_LIMITS: SourceLimits = {
  fileBytes: 1024 * 1024,
  totalBytes: 256 * 1024 * 1024,
  files: 50_000,
  pathLength: 512,
};

/** A line of `git ls-tree -r -l -z`. */
export interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly id: string;
  readonly size: number;
  readonly path: string;
}

/** Parses `git ls-tree -r -l -z`. */
export function parseTree(output: string): TreeEntry[] {
  return output
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const match = /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t([\s\S]*)$/.exec(line);
      if (match === null) throw new Error(`unexpected line of git ls-tree: ${JSON.stringify(line)}`);
      const [, mode = '', type = '', id = '', size = '0', path = ''] = match;
      return { mode, type, id, size: size === '-' ? 0 : Number(size), path };
    });
}

/** What is wrong with a tree, all of it. Nothing in it has been read yet. */
export function treeProblems(entries: readonly TreeEntry[], limits: SourceLimits): string[] {
  const problems: string[] = [];
  let total = 0;
  for (const { mode, type, size, path } of entries) {
    total += size;
    if (mode === '120000') problems.push(`${path}: a symbolic link; commit the file itself`);
    else if (type === 'commit') problems.push(`${path}: a submodule; commit the files themselves`);
    else if (size > limits.fileBytes) {
      problems.push(`${path}: ${size} bytes, the limit of a file is ${limits.fileBytes}`);
    }
    if (path.length > limits.pathLength)
      problems.push(`${path.slice(0, 80)}…: the path is longer than ${limits.pathLength}`);
    if (
      /(^|\/)(\.\.?|\.git)(\/|$)/i.test(path) ||
      [...path].some((character) => character < ' ' || character === '\\')
    ) {
      problems.push(`${JSON.stringify(path)}: not a plain path`);
    }
  }
  if (entries.length > limits.files) problems.push(`${entries.length} files, the limit is ${limits.files}`);
  if (total > limits.totalBytes) problems.push(`${total} bytes in all, the limit is ${limits.totalBytes}`);
  return problems;
}
