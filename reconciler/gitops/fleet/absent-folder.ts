import type { Fleet } from '../../../api/kinds';
import { type GitReference, type GitSource, GitUnavailable } from '../../../api/ports';

/** What the last applied revision says of a folder that the new revision does not have. */
export type Precedent =
  /** No revision was applied to its end; so many objects of one were. */
  | { readonly kind: 'none'; readonly objects: number }
  /** It asked for no object: nothing more can leave git. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'folder' | 'no-folder'; readonly commit: string }
  /** The repository does not give it. */
  | { readonly kind: 'unreadable'; readonly commit: string; readonly why: string };

/**
 * Why a revision without the folder is refused; undefined when its absence says that all objects left git, as git holds
 * no empty folders. Only what the last applied revision of the same repository has can have left it: elsewhere
 * the Fleet is mistaken in its path or its repository.
 */
export function refusalOfAbsence(path: string, precedent: Precedent): string | undefined {
  const here = `there is no folder ${path} in it`;
  const otherwise = 'or, if all objects are to leave git, commit the folder with an empty file .gitkeep';
  switch (precedent.kind) {
    case 'folder':
    case 'nothing':
      return undefined;
    case 'no-folder':
      return `${here}, nor in revision ${short(precedent.commit)}, which is applied; correct spec.source.path, ${otherwise}`;
    case 'unreadable':
      return `${here}, and the repository does not give revision ${short(precedent.commit)}, which is applied and would show whether there was one (${precedent.why}): it is another repository, or its history was rewritten; correct spec.source.url or spec.source.path, ${otherwise}`;
    case 'none':
      if (precedent.objects === 0)
        return `there is no folder ${path} yet; define a cluster and run \`capstan publish --push\`, or correct spec.source.path`;
      return `${here}, and no revision that has it was applied to its end; correct spec.source.path, ${otherwise}`;
  }
}

/** Looks the last applied revision up in the repository that the Fleet names now. */
export async function findPrecedent(
  source: GitSource,
  { status }: Fleet,
  reference: GitReference,
  inventorySize: number,
  signal: AbortSignal,
): Promise<Precedent> {
  const commit = status?.lastAppliedRevision;
  if (commit === undefined) return { kind: 'none', objects: inventorySize };
  if (status?.objects === 0) return { kind: 'nothing' };
  try {
    const { tree } = await source.resolve({ ...reference, ref: commit }, signal);
    return { kind: tree === undefined ? 'no-folder' : 'folder', commit };
  } catch (error) {
    if (!(error instanceof GitUnavailable)) throw error;
    return { kind: 'unreadable', commit, why: error.message };
  }
}

function short(commit: string): string {
  return commit.slice(0, 12);
}
