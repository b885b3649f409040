import { startRealServer } from '../kube-conformance/real-server';
import { conformanceSuite } from '../kube-conformance/suite';
import { kubeAssets } from '../reconciler/kube/real-control-plane';

const suite = kubeAssets === undefined ? describe.skip : describe;

suite('a real kube-apiserver, as a Kubernetes API', () => {
  conformanceSuite('real', () => startRealServer(kubeAssets ?? ''));
});
