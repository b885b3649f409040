import { flavourSuite } from '../e2e/flavour-suite';
import { haveFlavours } from '../e2e/flavours';
import { kubeAssets, startRealControlPlane } from '../reconciler/kube/real-control-plane';

if (!haveFlavours) console.info('skipped: the conformance data with upstream’s templates is not beside the checkout');
const suite = kubeAssets === undefined || !haveFlavours ? describe.skip : describe;

suite('upstream’s flavours on a real kube-apiserver', () => {
  flavourSuite(() =>
    startRealControlPlane(kubeAssets ?? '', { controllers: ['garbage-collector-controller', 'namespace-controller'] }),
  );
});
