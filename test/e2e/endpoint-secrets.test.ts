import { allKinds } from '../../api';
import type { Log, TypedResource } from '../../api/ports';
import { clusterObjects } from './definitions';
import { FaultyWorld } from './faulty-world';

const events: TypedResource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

/** A log that keeps every entry as text. */
function keptLog(): { readonly log: Log; readonly entries: string[] } {
  const entries: string[] = [];
  const keep = (fields: object, message: string) => void entries.push(`${message} ${JSON.stringify(fields)}`);
  return { log: { debug: keep, info: keep, warn: keep, error: keep }, entries };
}

test('user, password and query of api-url reach no log, no event and no condition', async () => {
  const { log, entries } = keptLog();
  const world = await FaultyWorld.begin({ log });
  await world.changeCredentials({ 'api-url': 'https://bob:PASSW0RD@cloud.example.org:8443/client/api?token=T0KEN' });
  world.cloud.faults.outage(60_000);
  await world.apply(clusterObjects('dev'));

  const told = await world.told('CloudStackUnreachable');
  await world.clock.advance(10_000);

  expect(told.message).toContain('CloudStack at https://cloud.example.org:8443/client/api gave no answer to listZones');
  const written: unknown[] = [entries, told.text];
  for (const kind of [...allKinds, events]) written.push((await world.api.list(kind, {})).items);
  await world.close();
  expect(entries.join()).toContain('cloud.example.org');
  expect(JSON.stringify(written)).not.toMatch(/bob|PASSW0RD|T0KEN/);
}, 60_000);

test('an api-url without scheme is refused without being shown', async () => {
  const { log, entries } = keptLog();
  const world = await FaultyWorld.begin({ log });
  await world.changeCredentials({ 'api-url': 'bob:PASSW0RD@cloud.example.org/client/api' });
  await world.apply(clusterObjects('dev'));

  const told = await world.told('CredentialsInvalid');
  await world.close();

  expect(told.message).toContain('api-url is not an http or https URL');
  expect(`${told.text}${entries.join()}`).not.toContain('PASSW0RD');
}, 60_000);
