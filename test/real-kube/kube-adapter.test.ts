import { adapterSuite } from '../reconciler/kube/adapter-suite';
import { kubeAssets, startRealControlPlane } from '../reconciler/kube/real-control-plane';

const suite = kubeAssets === undefined ? describe.skip : describe;

suite('against a real kube-apiserver', () => {
  adapterSuite(() => startRealControlPlane(kubeAssets ?? ''));
});
