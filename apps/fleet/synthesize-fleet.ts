import { loadDefinitions } from './load-definitions';
import { pointLink, replaceTree } from './manifest-tree';
import { renderFleet } from './render-fleet';
import { rememberDigest } from './rendered-digest';
import { readFolder, treeDigest } from './tree-digest';
import { enableTypeScript } from './typescript-loader';

export interface SynthesisOptions {
  /** Folder of cluster definitions. */
  readonly clusters: string;
  /** Folder that is replaced by the rendered tree. */
  readonly manifests: string;
  /** The cdk8s CLI's `output`: becomes a link to `manifests`. */
  readonly link: string;
}

/**
 * Compiles all definitions and replaces the manifests.
 * @throws DefinitionInvalid with all mistakes; the manifests are then untouched.
 */
export function synthesizeFleet(options: SynthesisOptions): { readonly files: number } {
  enableTypeScript();
  const tree = renderFleet(loadDefinitions(options.clusters, (file) => require(file)));
  const digest = treeDigest(tree);
  // An unchanged tree is left alone: no file changes under the eyes of another synth or an editor.
  if (treeDigest(readFolder(options.manifests)) !== digest) replaceTree(options.manifests, tree);
  pointLink(options.link, options.manifests);
  rememberDigest(options.link, digest);
  return { files: tree.size };
}
