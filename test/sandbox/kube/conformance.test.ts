import { startSandboxServer } from '../../kube-conformance/sandbox-server';
import { conformanceSuite } from '../../kube-conformance/suite';

describe('the sandbox over HTTPS, as a Kubernetes API', () => {
  conformanceSuite('sandbox', startSandboxServer);
});
