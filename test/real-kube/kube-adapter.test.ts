import { adapterSuite } from '../reconciler/kube/adapter-suite';
import { kubeAssets, startRealControlPlane } from '../reconciler/kube/real-control-plane';

if (kubeAssets === undefined)
  console.info('skipped: KUBEBUILDER_ASSETS is not set, so there is no real kube-apiserver');
const suite = kubeAssets === undefined ? describe.skip : describe;

suite('against a real kube-apiserver', () => {
  adapterSuite(() => startRealControlPlane(kubeAssets ?? ''));
});
