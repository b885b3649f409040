import { upGitSuite } from './up-git-suite';

upGitSuite();
