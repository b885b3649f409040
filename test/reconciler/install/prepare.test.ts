import { SystemClock } from '../../../machinery/clock';
import { SystemRandom } from '../../../machinery/random';
import { createKubeServer } from '../../../sandbox/kube';
import { prepareSuite } from './prepare-suite';

describe('management.yaml and the reconciler on the sandbox API', () => {
  prepareSuite(async () => {
    const server = createKubeServer({ clock: new SystemClock(), random: new SystemRandom() });
    return {
      api: server.api(),
      restricted: server.api({ username: 'alice', groups: [] }),
      stop: async () => server.close(),
    };
  });
});
