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
  /** Relative to the repository. */
  readonly path: string;
}

/**
 * Parses `git ls-tree -r -l -z` of a folder.
 * @param folder - path of the folder in the repository; empty for its root
 */
export function parseTree(output: string, folder: string): TreeEntry[] {
  return output
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const match = /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t([\s\S]*)$/.exec(line);
      if (match === null) throw new Error(`unexpected line of git ls-tree: ${JSON.stringify(line)}`);
      const [, mode = '', type = '', id = '', size = '0', path = ''] = match;
      return {
        mode,
        type,
        id,
        size: size === '-' ? 0 : Number(size),
        path: folder === '' ? path : `${folder}/${path}`,
      };
    });
}

/** Which entries of a tree may be read, and what is wrong with all the others. Nothing has been read yet. */
export function sortOut(
  entries: readonly TreeEntry[],
  limits: SourceLimits,
): { readonly accepted: readonly TreeEntry[]; readonly problems: readonly string[] } {
  const accepted: TreeEntry[] = [];
  const problems: string[] = [];
  for (const entry of entries) {
    const problem = problemOf(entry, limits);
    if (problem === undefined) accepted.push(entry);
    else problems.push(problem);
  }
  const total = accepted.reduce((sum, { size }) => sum + size, 0);
  const excess: string[] = [];
  if (entries.length > limits.files) excess.push(`${entries.length} files, the limit is ${limits.files}`);
  if (total > limits.totalBytes) excess.push(`${total} bytes in all, the limit is ${limits.totalBytes}`);
  return { accepted: excess.length > 0 ? [] : accepted, problems: [...problems, ...excess] };
}

function problemOf({ mode, type, size, path }: TreeEntry, limits: SourceLimits): string | undefined {
  const isPlain = !/(^|\/)(\.\.?|\.git)(\/|$)/i.test(path) && ![...path].some((char) => char < ' ' || char === '\\');
  if (!isPlain) return `${JSON.stringify(path.slice(0, limits.pathLength))}: not a plain path`;
  if (path.length > limits.pathLength) return `${path.slice(0, 80)}…: the path is longer than ${limits.pathLength}`;
  if (mode === '120000') return `${path}: a symbolic link; commit the file itself`;
  if (type === 'commit') return `${path}: a submodule; commit the files themselves`;
  if (size > limits.fileBytes) return `${path}: ${size} bytes, the limit of a file is ${limits.fileBytes}`;
  return undefined;
}
