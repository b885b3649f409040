import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { VirtualMachine, Volume } from '../../../api/ports';
import { SeededRandom } from '../../../machinery/random';
import { missingProtocols } from '../../../reconciler/infrastructure/cloudstack-isolated-network/egress';
import { isRemovable } from '../../../reconciler/infrastructure/cloudstack-isolated-network/removal';
import { disksToDelete } from '../../../reconciler/infrastructure/cloudstack-machine/data-disks';
import { chooseFailureDomain } from '../../../reconciler/infrastructure/cloudstack-machine/failure-domain-choice';
import {
  type InstanceFacts,
  type InstanceView,
  whatToDoWithInstance,
  whatToDoWithRemoval,
} from '../../../reconciler/infrastructure/cloudstack-machine/instance-decision';
import { isOurInstance } from '../../../reconciler/infrastructure/cloudstack-machine/instance-identity';
import { prepareUserData } from '../../../reconciler/infrastructure/cloudstack-machine/user-data';
import { retryDelayMs } from '../../../reconciler/infrastructure/faults';
import {
  affinityGroupName,
  failureDomainObjectName,
  isolatedNetworkObjectName,
} from '../../../reconciler/infrastructure/names';

const states = [
  'Starting',
  'Running',
  'Stopping',
  'Stopped',
  'Migrating',
  'Destroyed',
  'Expunging',
  'Error',
  'Unknown',
  '',
];
const anyView: fc.Arbitrary<InstanceView> = fc.oneof(
  fc.constantFrom<InstanceView>({ kind: 'none' }, { kind: 'unknown' }, { kind: 'gone' }),
  fc.constantFrom(...states).map((state): InstanceView => ({ kind: 'seen', state })),
);
const anyFacts: fc.Arbitrary<InstanceFacts> = fc.record({
  instance: anyView,
  jobPending: fc.boolean(),
  everRan: fc.boolean(),
  stoppedForMs: fc.nat(60_000),
  failedAttempts: fc.nat(5),
  attemptLimit: fc.integer({ min: 1, max: 5 }),
  isReplaceable: fc.boolean(),
});

describe('what to do with an instance', () => {
  const facts: InstanceFacts = {
    instance: { kind: 'none' },
    jobPending: false,
    everRan: false,
    stoppedForMs: 0,
    failedAttempts: 0,
    attemptLimit: 2,
    isReplaceable: true,
  };
  const seen = (state: string, more: Partial<InstanceFacts> = {}) =>
    whatToDoWithInstance({ ...facts, instance: { kind: 'seen', state }, ...more });

  test('it is deployed only when there is none', () => {
    fc.assert(
      fc.property(anyFacts, (any) => {
        expect(whatToDoWithInstance(any) === 'deploy').toBe(any.instance.kind === 'none');
      }),
    );
  });

  test('an instance that ran once is never given up or deployed again', () => {
    fc.assert(
      fc.property(anyFacts, (any) => {
        const action = whatToDoWithInstance({ ...any, everRan: true });
        expect(action).not.toBe('discard');
        expect(action).not.toBe('replace');
      }),
    );
  });

  test('a machine without anybody to replace it is never deleted', () => {
    fc.assert(
      fc.property(anyFacts, (any) => {
        expect(whatToDoWithInstance({ ...any, isReplaceable: false })).not.toBe('replace');
      }),
    );
  });

  test('nothing is done on a guess', () => {
    fc.assert(
      fc.property(anyFacts, (any) => {
        expect(whatToDoWithInstance({ ...any, instance: { kind: 'unknown' } })).toBe('look');
      }),
    );
  });

  test.each([
    ['Running', {}, 'serve'],
    ['Starting', {}, 'wait'],
    ['Migrating', { everRan: true }, 'wait'],
    ['Stopped', { everRan: true, stoppedForMs: 1000 }, 'wait'],
    ['Stopped', { everRan: true, stoppedForMs: 20_000 }, 'start'],
    ['Stopped', { everRan: true, stoppedForMs: 20_000, jobPending: true }, 'wait'],
    ['Error', {}, 'discard'],
    ['Error', { jobPending: true }, 'wait'],
    ['Error', { failedAttempts: 1 }, 'replace'],
    ['Error', { failedAttempts: 1, isReplaceable: false }, 'discard'],
    ['Error', { everRan: true }, 'report-lost'],
    ['Destroyed', { everRan: true }, 'report-lost'],
    ['Expunging', {}, 'report-lost'],
  ] as const)('%s %j: %s', (state, more, action) => {
    expect(seen(state, more)).toBe(action);
  });
});

describe('what to do with the instance of a machine that goes', () => {
  test('the machine is let go only when nothing of it can run any more', () => {
    fc.assert(
      fc.property(anyView, fc.boolean(), fc.boolean(), (instance, jobPending, mayExpunge) => {
        if (whatToDoWithRemoval({ instance, jobPending, mayExpunge }) !== 'release') return;
        const isGone = instance.kind === 'none' || instance.kind === 'gone';
        const isDead = instance.kind === 'seen' && ['Destroyed', 'Expunging'].includes(instance.state) && !mayExpunge;
        expect(isGone || isDead).toBe(true);
      }),
    );
  });

  test('without a job something is done about every instance that is there', () => {
    for (const state of states) {
      const action = whatToDoWithRemoval({ instance: { kind: 'seen', state }, jobPending: false, mayExpunge: true });
      expect([state, action]).toEqual([state, state === 'Expunging' ? 'wait' : 'destroy']);
    }
  });
});

describe('the failure domain', () => {
  const candidate = (name: string, machines = 0, ready = true, failed = false) => ({ name, machines, ready, failed });
  const random = new SeededRandom(1);

  test.each([
    [{ chosen: 'b', wanted: 'a' }, 'b'],
    [{ wanted: 'a' }, 'a'],
    [{ wanted: '' }, 'a'],
    [{}, 'a'],
  ])('%j', (question, name) => {
    const candidates = [candidate('a', 1), candidate('b', 2), candidate('c', 0, false)];

    expect(chooseFailureDomain({ ...question, candidates }, random)).toEqual({ kind: 'chosen', name });
  });

  test('one that failed is used only when all have failed', () => {
    const question = { candidates: [candidate('a', 0, true, true), candidate('b', 9)] };

    expect(chooseFailureDomain(question, random)).toEqual({ kind: 'chosen', name: 'b' });
  });

  test('an unknown one is refused instead of replaced', () => {
    expect(chooseFailureDomain({ wanted: 'x', candidates: [candidate('a')] }, random)).toEqual({
      kind: 'unknown',
      name: 'x',
    });
    expect(chooseFailureDomain({ candidates: [] }, random)).toEqual({ kind: 'none' });
  });

  test('machines spread evenly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer(),
        (places, count, seed) => {
          const drawn = new SeededRandom(seed);
          const machines = new Map(Array.from({ length: places }, (_, index) => [`fd-${index}`, 0]));
          for (let made = 0; made < count; made++) {
            const candidates = [...machines].map(([name, number]) => candidate(name, number));
            const choice = chooseFailureDomain({ candidates }, drawn);
            if (choice.kind === 'chosen') machines.set(choice.name, (machines.get(choice.name) ?? 0) + 1);
          }
          const numbers = [...machines.values()];
          expect(Math.max(...numbers) - Math.min(...numbers)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe('user data', () => {
  const base = { machineName: 'cp-x1', failureDomain: 'fd-1', uncompressed: false };
  const text = (userData: string) => gunzipSync(Buffer.from(userData, 'base64')).toString();

  test('placeholders are filled in, other Jinja is left to cloud-init', () => {
    const data = Buffer.from(
      'name: {{ds.meta_data.hostname}} {{  ds.meta_data.hostname }}\n' +
        'label: zone=ds.meta_data.failuredomain,{{ ds.meta_data.failuredomain }}\n' +
        'id: {{ ds.meta_data.instance_id }} {{ local_hostname }}\n',
    );

    expect(text(prepareUserData({ ...base, data }))).toBe(
      'name: cp-x1 cp-x1\nlabel: zone=fd-1,fd-1\nid: {{ ds.meta_data.instance_id }} {{ local_hostname }}\n',
    );
  });

  test.each([
    [{ uncompressed: true }, false],
    [{ format: 'ignition' }, false],
    [{ format: 'cloud-config' }, true],
    [{}, true],
  ])('%j: compressed %s', (more, compressed) => {
    const bytes = Buffer.from(prepareUserData({ ...base, ...more, data: Buffer.from('#cloud-config\n') }), 'base64');

    expect(bytes.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))).toBe(compressed);
  });

  test('bytes without placeholders arrive as they are, the same each time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const data = Buffer.from(bytes);
        const prepared = prepareUserData({ ...base, data });
        expect(gunzipSync(Buffer.from(prepared, 'base64')).equals(data)).toBe(true);
        expect(prepareUserData({ ...base, data })).toBe(prepared);
      }),
    );
  });
});

describe('whose an instance is', () => {
  const intendedAt = Date.UTC(2026, 0, 1);
  const wanted = { name: 'md-0-a', zoneId: 'z', networkId: 'n', templateId: 't', clusterIdentity: 'c1', intendedAt };
  const instance: VirtualMachine = {
    id: 'i',
    name: 'md-0-a',
    displayName: '',
    state: 'Running',
    zoneId: 'z',
    templateId: 't',
    createdAt: intendedAt + 1000,
    highlyAvailable: false,
    nics: [{ id: 'nic', networkId: 'n', isDefault: true }],
    tags: {},
  };

  test.each<[string, Partial<VirtualMachine>, boolean]>([
    ['made after our intent, where we wanted it', {}, true],
    ['marked by us, whatever else', { tags: { CAPC_cluster_c1: '1' }, templateId: 'x', createdAt: 0 }, true],
    ['whose name only contains ours', { name: 'md-0-ab' }, false],
    ['marked by another cluster', { tags: { CAPC_cluster_c2: '1' } }, false],
    ['older than our intent', { createdAt: intendedAt - 3_600_000 }, false],
    ['from another template', { templateId: 'x' }, false],
    ['in another network', { nics: [] }, false],
    ['in another zone', { zoneId: 'y' }, false],
  ])('one %s', (_what, more, ours) => {
    expect(isOurInstance({ ...instance, ...more }, wanted)).toBe(ours);
  });

  test('without an intent only our mark counts', () => {
    expect(isOurInstance(instance, { ...wanted, intendedAt: undefined })).toBe(false);
  });
});

test('only the disk deployed with the machine is deleted, never a volume attached later', () => {
  const volume = (name: string, diskOfferingName: string, type = 'DATADISK'): Volume => ({
    id: name,
    name,
    type,
    diskOfferingName,
  });
  const attached = [
    volume('DATA-17', 'fast'),
    volume('DATA-17', 'slow'),
    volume('pvc-1234', 'fast'),
    volume('ROOT-17', 'fast', 'ROOT'),
  ];

  expect(disksToDelete(attached, { name: 'fast' })).toEqual([attached[0]]);
  expect(disksToDelete(attached, undefined)).toEqual([]);
  expect(disksToDelete(attached, { id: '', name: '' })).toEqual([]);
});

test.each([
  [[], ['all']],
  [['all'], []],
  [['tcp', 'udp', 'icmp'], []],
  [['tcp'], ['udp', 'icmp']],
])('with egress open for %j, %j is missing', (open, missing) => {
  const rules = open.map((protocol) => ({ id: protocol, protocol, cidrs: '', tags: {} }));

  expect(missingProtocols(rules, '10.1.1.0/24')).toEqual(missing);
});

test.each([
  ['from everywhere', { cidrs: '0.0.0.0/0' }, true],
  ['from the network', { cidrs: '10.1.1.0/24' }, true],
  ['from the network among others', { cidrs: '192.0.2.0/24,10.1.0.0/16' }, true],
  ['from part of the network', { cidrs: '10.1.1.0/25' }, false],
  ['to everywhere', { cidrs: '', destinationCidrs: '0.0.0.0/0,::/0' }, true],
  ['to the network', { cidrs: '', destinationCidrs: '10.1.1.0/24' }, false],
  ['to everywhere of the other family', { cidrs: '', destinationCidrs: '::/0' }, false],
])('an egress rule %s (%j) is open: %s', (_, cidrs, isOpen) => {
  const rule = { id: 'all', protocol: 'all', tags: {}, ...cidrs };

  expect(missingProtocols([rule], '10.1.1.0/24')).toEqual(isOpen ? [] : ['all']);
});

test.each([
  [{ created_by_CAPC: '1', CAPC_cluster_a: '1' }, undefined, true],
  [{ created_by_CAPC: '1', CAPC_cluster_a: '1', CAPC_cluster_b: '1' }, undefined, false],
  [{ CAPC_cluster_a: '1' }, undefined, false],
  [{}, 17, true],
  [{}, undefined, false],
])('tags %j, intent %s: removable %s', (tags, intended, removable) => {
  expect(isRemovable(tags, intended, 'a')).toBe(removable);
});

test('names are those of the existing provider', () => {
  expect(failureDomainObjectName('fd1', 'c1')).toBe('a28b9144b1f00d7608eeb353d69a6dad');
  expect(isolatedNetworkObjectName('c1', 'My Net__A.')).toBe('c1-my-net-a');
  expect(
    affinityGroupName({ name: 'c', uid: 'u' }, { kind: 'KubeadmControlPlane', name: 'k', uid: 'x' }, 'pro', 'fd'),
  ).toBe('c-u-ProAffinity-KubeadmControlPlane-fd');
  expect(affinityGroupName({ name: 'c', uid: 'u' }, { kind: 'MachineSet', name: 'ms', uid: 'x' }, 'anti', 'fd')).toBe(
    'c-u-AntiAffinity-ms-x-fd',
  );
});

test('retries begin quickly and stay below their limit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (failures) => {
      expect(retryDelayMs(failures, 5000)).toBeLessThanOrEqual(5000);
      expect(retryDelayMs(failures + 1, 5000)).toBeGreaterThanOrEqual(retryDelayMs(failures, 5000));
    }),
  );
  expect(retryDelayMs(1, 5000)).toBe(250);
});
