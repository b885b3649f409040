import { CapstanError } from '../../machinery/errors';
import { withoutSecrets } from '../../machinery/user-info';

/** Which revision of which repository, and how to reach it. */
export interface GitReference {
  /** `https://`, `ssh://`, or `file:///…` / an absolute path where the operator allows local repositories. */
  readonly url: string;
  /** Full ref name (`refs/heads/main`), or a commit id. */
  readonly ref: string;
  /** Folder inside the repository that is read. */
  readonly path: string;
  readonly credentials?: GitCredentials | undefined;
}

/** Keys of the Secret named by `spec.source.secretRef` (the names Flux uses). */
export interface GitCredentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly bearerToken?: string | undefined;
  /** SSH private key, with `knownHosts`. */
  readonly identity?: string | undefined;
  readonly knownHosts?: string | undefined;
}

/** A file of a tree, read from the object database: nothing is checked out. */
export interface GitFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly content: Buffer;
}

/** What a folder of a commit holds. */
export interface GitTree {
  readonly files: readonly GitFile[];
  /** Every link, oversized file and forbidden name, as `path: why`; none of them was read. */
  readonly problems: readonly string[];
}

export interface GitRevision {
  /** Commit id. */
  readonly commit: string;
  /** Id of the tree at `path`; equal trees have equal ids. Undefined when the commit has no such folder. */
  readonly tree: string | undefined;
}

/** A git repository as a source of manifests. */
export interface GitSource {
  /**
   * The commit a ref points to now, by one look at the remote; transfers objects only when the commit is not known yet.
   * @throws GitUnavailable when the remote does not answer or refuses.
   */
  resolve(reference: GitReference, signal: AbortSignal): Promise<GitRevision>;

  /** All manifests (`*.yaml`, `*.yml`, `*.json`; names that begin with a dot are left out) below `path` at a commit. */
  read(reference: GitReference, revision: GitRevision): Promise<GitTree>;
}

/** The repository cannot be read now; it is tried again. */
export class GitUnavailable extends CapstanError {
  /** @param url - shown without its secrets: messages reach conditions, events and logs */
  constructor(url: string, why: string, cause?: unknown) {
    super({
      name: 'GitUnavailable',
      code: 'GIT_UNAVAILABLE',
      message: `git repository ${withoutSecrets(url)}: ${why}; it is tried again`,
      cause,
    });
  }
}

/** A revision that must not be applied. The last good one stays. */
export class GitRevisionRefused extends CapstanError {
  constructor(
    readonly commit: string,
    readonly problems: readonly string[],
  ) {
    super({
      name: 'GitRevisionRefused',
      code: 'GIT_REVISION_REFUSED',
      retry: 'never',
      message: `revision ${commit.slice(0, 12)} is refused (${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}):\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    });
  }
}
