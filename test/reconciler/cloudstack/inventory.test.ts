import { CloudStackUnreachable } from '../../../api/ports';
import type { JsonObject } from '../../../machinery/json';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { Connection } from '../../../reconciler/cloudstack/connection';
import { SharedInventory } from '../../../reconciler/cloudstack/inventory';
import { ScriptedTransport } from './scripted-transport';

function world() {
  const clock = new VirtualClock();
  const machines = new Map<string, string>();
  let isDown = false;
  const transport = new ScriptedTransport().on('listVirtualMachines', ({ parameters }) => {
    if (isDown) return new CloudStackUnreachable('listVirtualMachines', 'test', 'down');
    const all: JsonObject[] = [...machines].map(([id, state]) => ({ id, state, name: id, zoneid: 'z' }));
    const page = Number(parameters['page'] ?? 1);
    const size = Number(parameters['pagesize'] ?? 500);
    return { count: all.length, virtualmachine: all.slice((page - 1) * size, page * size) };
  });
  const inventory = new SharedInventory(new Connection(transport, clock, 'test', undefined));
  return { clock, machines, transport, inventory, down: (value: boolean) => (isDown = value) };
}

test('a watched machine is seen, and its changes wake', async () => {
  const { clock, machines, inventory } = world();
  machines.set('vm', 'Running');
  const states: unknown[] = [];
  const look = () => {
    const seen = inventory.observe('key');
    states.push(seen.kind === 'seen' ? seen.machine.state : seen.kind);
  };

  inventory.watch('key', { id: 'vm', zoneId: 'z' }, look);
  expect(inventory.observe('key')).toEqual({ kind: 'unknown' });
  await clock.advance(1000);
  machines.set('vm', 'Stopped');
  await clock.advance(60_000);
  machines.delete('vm');
  await clock.advance(60_000);

  expect(states).toEqual(['Running', 'Stopped', 'absent']);
});

test('in a steady state the calls do not depend on the number of machines', async () => {
  const perMinute = async (count: number) => {
    const { clock, machines, transport, inventory } = world();
    for (let index = 0; index < count; index++) {
      machines.set(`vm${index}`, 'Running');
      inventory.watch(`key${index}`, { id: `vm${index}`, zoneId: 'z' }, () => undefined);
    }
    await clock.advance(60_000);
    transport.calls.length = 0;
    await clock.advance(600_000);
    return transport.calls.length / 10;
  };

  expect(await perMinute(20)).toBe(await perMinute(200));
  expect(await perMinute(200)).toBeLessThanOrEqual(2);
});

test('more machines than a page holds are all seen', async () => {
  const { clock, machines, inventory } = world();
  for (let index = 0; index < 1200; index++) machines.set(`vm${index}`, 'Running');

  inventory.watch('last', { id: 'vm1199', zoneId: 'z' }, () => undefined);
  await clock.advance(1000);

  expect(inventory.observe('last')).toMatchObject({ kind: 'seen' });
});

test('an expected change is noticed quickly, and the zone is calm again afterwards', async () => {
  const { clock, machines, transport, inventory } = world();
  machines.set('vm', 'Starting');
  let runningAt = 0;
  inventory.watch('key', { id: 'vm', zoneId: 'z' }, () => {
    const seen = inventory.observe('key');
    if (seen.kind === 'seen' && seen.machine.state === 'Running') runningAt = clock.now();
  });
  inventory.expectChange('key', 'deployVirtualMachine');
  await clock.advance(800);
  machines.set('vm', 'Running');
  const changedAt = clock.now();
  await clock.advance(5000);

  expect(runningAt - changedAt).toBeLessThan(500);
  transport.calls.length = 0;
  await clock.advance(60_000);
  expect(transport.calls.length).toBeLessThanOrEqual(2);
});

test('nothing is listed while nothing is watched', async () => {
  const { clock, transport, inventory } = world();
  inventory.watch('key', { id: 'vm', zoneId: 'z' }, () => undefined);
  await clock.advance(1000);
  inventory.forget('key');
  transport.calls.length = 0;

  await clock.advance(3_600_000);

  expect(transport.calls).toEqual([]);
});

test('a server that does not answer says nothing about machines', async () => {
  const { clock, machines, inventory, down } = world();
  machines.set('vm', 'Running');
  let wakes = 0;
  inventory.watch('key', { id: 'vm', zoneId: 'z' }, () => wakes++);
  await clock.advance(1000);

  down(true);
  await clock.advance(120_000);

  expect(wakes).toBe(1);
  expect(inventory.observe('key')).toMatchObject({ kind: 'seen' });
});

test('while the server does not answer it is asked now and then, also when a change is expected', async () => {
  const { clock, machines, transport, inventory, down } = world();
  machines.set('vm', 'Starting');
  inventory.watch('key', { id: 'vm', zoneId: 'z' }, () => undefined);
  inventory.expectChange('key', 'deployVirtualMachine');
  await clock.advance(1000);
  down(true);
  transport.calls.length = 0;

  await clock.advance(60_000);

  expect(transport.calls.length).toBeGreaterThan(10);
  expect(transport.calls.length).toBeLessThan(40);
});

test('a zone that nobody asks about any more says nothing of the others', async () => {
  const { clock, inventory, down } = world();
  const told: string[] = [];
  const tell = () => told.push(inventory.standing('z').kind);
  for (const zone of ['z', 'y']) inventory.attend(zone, zone, zone === 'z' ? tell : () => undefined, { look: true });
  await clock.advance(1000);
  down(true);
  inventory.watch('vm', { id: 'vm', zoneId: 'y' }, () => undefined);
  await clock.advance(60_000);
  expect(told.at(-1)).toBe('failing');

  inventory.forget('vm');
  inventory.leave('y');

  expect(told.at(-1)).toBe('good');
});
