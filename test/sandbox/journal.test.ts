import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '../../machinery/kube-object';
import { SeededRandom } from '../../machinery/random';
import { VirtualClock } from '../../machinery/virtual-clock';
import { FileJournal } from '../../sandbox/journal';
import { createKubeServer } from '../../sandbox/kube';

const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const key = { namespace: 'default', name: 'a' };
const configMap = (data: { [key: string]: string }): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'default' },
  data,
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'capstan-journal-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const start = (journal: FileJournal) =>
  createKubeServer({ clock: new VirtualClock(), random: new SeededRandom(1), journal });

test('state, uids and versions survive a restart', async () => {
  const first = start(new FileJournal({ directory }));
  const created = await first.api().create(configMaps, configMap({ x: '1' }));
  first.close();

  const second = start(new FileJournal({ directory }));
  const found = await second.api().get(configMaps, key);
  const changed = await second.api().patch(configMaps, key, { type: 'merge', patch: { data: { y: '2' } } });
  second.close();

  expect(found).toEqual(created);
  expect(Number(changed.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion));
});

test('a snapshot replaces a long file of entries and loses nothing', async () => {
  const first = start(new FileJournal({ directory, compactAboveBytes: 2_000 }));
  await first.api().create(configMaps, configMap({ x: '0' }));
  for (let round = 1; round <= 50; round++) {
    await first.api().patch(configMaps, key, { type: 'merge', patch: { data: { x: String(round) } } });
  }
  const last = await first.api().get(configMaps, key);
  first.close();

  const second = start(new FileJournal({ directory }));
  expect(await second.api().get(configMaps, key)).toEqual(last);
  second.close();
  expect(readFileSync(join(directory, 'journal.snapshot.json'), 'utf8')).toContain('"revision"');
});

test('half a line left by a killed process is dropped', async () => {
  const first = start(new FileJournal({ directory }));
  await first.api().create(configMaps, configMap({ x: '1' }));
  first.close();
  appendFileSync(join(directory, 'journal.jsonl'), '{"revision":99,"table":"/conf');

  const second = start(new FileJournal({ directory }));
  await second.api().patch(configMaps, key, { type: 'merge', patch: { data: { y: '2' } } });
  second.close();
  const third = start(new FileJournal({ directory }));
  expect((await third.api().get(configMaps, key))['data']).toEqual({ x: '1', y: '2' });
  third.close();
});

test('a second process is refused while the first lives, and takes over when it was killed', () => {
  const first = new FileJournal({ directory });

  expect(() => new FileJournal({ directory })).toThrow(/in use by process/);

  first.close();
  // A process id that cannot belong to anybody.
  writeFileSync(join(directory, 'journal.lock'), '4194999 1\n');
  const second = new FileJournal({ directory });
  second.close();
});
