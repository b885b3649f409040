import { DefinitionInvalid, type Problem } from '../../constructs/problem';
import { failureText, placeOf } from './failure-text';
import { loadDefinitions } from './load-definitions';
import { pointLink, writeTree } from './manifest-tree';
import { withRejections } from './rejections';
import { renderFleet } from './render-fleet';
import { rememberDigest } from './rendered-digest';
import { treeDigest } from './tree-digest';
import { enableTypeScript } from './typescript-loader';

export interface SynthesisOptions {
  /** Folder of cluster definitions. */
  readonly clusters: string;
  /** Whether the folder may be gone, and with it all clusters. @default false */
  readonly mayBeGone?: boolean;
  /** Folder that is replaced by the rendered tree. */
  readonly manifests: string;
  /** The cdk8s CLI's `output`: becomes a link to `manifests`. */
  readonly link: string;
}

export interface Synthesis {
  /** How many were rendered. */
  readonly files: number;
  /** Files that look like definitions and were not read. */
  readonly unread: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Compiles all definitions and replaces the manifests.
 * @throws DefinitionInvalid with all mistakes; the manifests are then untouched.
 */
export async function synthesizeFleet(options: SynthesisOptions): Promise<Synthesis> {
  const { clusters, manifests, link } = options;
  enableTypeScript();
  const { result, reasons } = await withRejections(() => {
    const loaded = loadDefinitions(clusters, (file) => require(file), options.mayBeGone);
    return { loaded, rendered: renderFleet(loaded) };
  });
  const { loaded, rendered } = result;
  const rejected = reasons.map((reason) => rejection(reason, clusters));
  const problems = [...loaded.problems, ...rejected, ...rendered.problems];
  if (problems.length > 0) throw new DefinitionInvalid(problems);
  const { tree } = rendered;
  writeTree(manifests, tree);
  pointLink(link, manifests);
  rememberDigest(link, treeDigest(tree));
  return { files: tree.size, unread: loaded.unread, warnings: rendered.warnings };
}

function rejection(reason: unknown, clusters: string): Problem {
  const path = placeOf(reason)?.replace(/:\d+$/, '') ?? clusters;
  const message = `was rejected (${failureText(reason)})`;
  return { path, field: 'promise', value: undefined, message, fix: 'define clusters by code without async' };
}
