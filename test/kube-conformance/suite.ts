import { accessCases } from './cases/access';
import { applyCases } from './cases/apply';
import { celCases } from './cases/cel';
import { crdValidationCases } from './cases/crd-validation';
import { crdCases } from './cases/custom-resources';
import { decodingCases } from './cases/decoding';
import { deletionCases } from './cases/deletion';
import { discoveryCases } from './cases/discovery';
import { fieldValidationCases } from './cases/field-validation';
import { kindCases } from './cases/kinds';
import { listCases } from './cases/lists';
import { managedFieldsCases } from './cases/managed-fields';
import { builtinManagedFieldsCases } from './cases/managed-fields-builtin';
import { metadataCases } from './cases/metadata';
import { ourKindsCases } from './cases/our-kinds';
import { patchCases } from './cases/patches';
import { ratchetingCases } from './cases/ratcheting';
import { refusalCases } from './cases/refusals';
import { routeCases } from './cases/routes';
import { subresourceCases } from './cases/subresources';
import { tableCases } from './cases/tables';
import { watchCases } from './cases/watches';
import { normalise } from './normalise';
import { Recording } from './recording';
import { Client, Scene, type TestedServer } from './scene';
import type { Topic } from './topic';
import { installWidgets } from './widgets';

const TOPICS: { readonly [name: string]: Topic } = {
  metadata: metadataCases,
  'managed-fields': managedFieldsCases,
  'managed-fields-builtin': builtinManagedFieldsCases,
  apply: applyCases,
  patches: patchCases,
  lists: listCases,
  watches: watchCases,
  deletion: deletionCases,
  'custom-resources': crdCases,
  'crd-validation': crdValidationCases,
  cel: celCases,
  ratcheting: ratchetingCases,
  subresources: subresourceCases,
  'field-validation': fieldValidationCases,
  decoding: decodingCases,
  routes: routeCases,
  refusals: refusalCases,
  kinds: kindCases,
  access: accessCases,
  discovery: discoveryCases,
  tables: tableCases,
  'our-kinds': ourKindsCases,
};

/**
 * What we rely on in a Kubernetes API. Both sides are held to the same answers, recorded from the real one:
 * `CAPSTAN_RECORD_KUBE=1 npm run test:real-kube -- conformance` records anew (the real side alone writes).
 */
export function conformanceSuite(side: 'sandbox' | 'real', start: () => Promise<TestedServer>): void {
  let server: TestedServer | undefined;
  let client: Client | undefined;

  beforeAll(async () => {
    server = await start();
    client = new Client(server);
    await installWidgets(client);
  }, 90_000);

  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });

  for (const [topic, declareCases] of Object.entries(TOPICS)) {
    describe(topic, () => {
      const recording = new Recording(topic, side === 'real');
      const names: string[] = [];
      declareCases((name, promise, play) => {
        if (names.includes(name)) throw new Error(`two cases are called ${name}`);
        names.push(name);
        test(`${promise} (${name})`, async () => {
          if (client === undefined) throw new Error('the server did not start');
          const scene = new Scene(client, name);
          await scene.post('/api/v1/namespaces', { metadata: { name } });
          recording.check(name, normalise(await play(scene)));
        });
      });

      test(`nothing else is recorded for ${topic}`, () => {
        recording.save(names);
        expect(recording.names().filter((name) => !names.includes(name))).toEqual([]);
      });
    });
  }
}
