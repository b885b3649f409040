/** The gitops loop: a repository of manifests kept in sync with the management cluster. */
import type { Controller } from '../../api/ports';
import { fleetController, type GitopsDependencies } from './fleet/controller';

export type { GitopsDependencies } from './fleet/controller';
export { createGitSource, type GitSourceOptions } from './source/git-source';

export function gitopsControllers(dependencies: GitopsDependencies): Controller[] {
  return [fleetController(dependencies)];
}
