import { upGitSuite } from '../e2e/up-git-suite';
import { kubeAssets, startRealControlPlane } from '../reconciler/kube/real-control-plane';

const suite = kubeAssets === undefined ? describe.skip : describe;
const CONTROLLERS = ['garbage-collector-controller', 'namespace-controller'];

suite('capstan up --kubeconfig, with a real kube-apiserver as the management cluster', () => {
  upGitSuite(() => startRealControlPlane(kubeAssets ?? '', { controllers: CONTROLLERS }));
});
