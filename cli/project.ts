import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';

const DEFAULT_CLUSTERS = 'clusters';

/** What a command works on, which may be run in any folder below. */
export interface Project {
  readonly directory: string;
  /** Folder of the definitions: absolute, or relative to the project. */
  readonly clusters: string;
  /** The same for people, relative to where they stand. */
  readonly shownClusters: string;
}

/**
 * The project that a folder is in: the nearest one upwards, to the top of the work tree, with a `cdk8s.yaml`, else with
 * cluster definitions, else the folder itself.
 * @param named - folder of definitions as it was named on the command line, where paths are relative to the current
 * folder. @default - the project's
 */
export function findProject(current: string, named?: string | undefined): Project {
  const directory = projectFolder(current);
  if (directory === current || (named !== undefined && isAbsolute(named))) {
    const clusters = named ?? DEFAULT_CLUSTERS;
    return { directory, clusters, shownClusters: clusters };
  }
  const folder = named === undefined ? join(directory, DEFAULT_CLUSTERS) : resolve(current, named);
  return { directory, clusters: relative(directory, folder) || '.', shownClusters: relative(current, folder) || '.' };
}

/** Folder of {@link findProject}. */
export function projectFolder(current: string): string {
  const folders = foldersUpwards(current);
  const nearestWith = (name: string) => folders.find((folder) => existsSync(join(folder, name)));
  return nearestWith('cdk8s.yaml') ?? nearestWith(DEFAULT_CLUSTERS) ?? current;
}

/** A folder and those above it, to the top of its git work tree; outside of one the folder alone. */
export function foldersUpwards(current: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = current; ; folder = dirname(folder)) {
    folders.push(folder);
    if (existsSync(join(folder, '.git'))) return folders;
    if (folder === dirname(folder)) return [current];
  }
}

/** What is said where people stand in another folder; undefined where they do not. */
export function projectNotice({ directory }: Project, current: string): string | undefined {
  return directory === current ? undefined : `Publishing from ${directory}`;
}
