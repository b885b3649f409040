import { loadDefinitions } from './load-definitions';
import { pointLink, replaceTree } from './manifest-tree';
import { renderFleet } from './render-fleet';
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
  replaceTree(options.manifests, tree);
  pointLink(options.link, options.manifests);
  return { files: tree.size };
}
