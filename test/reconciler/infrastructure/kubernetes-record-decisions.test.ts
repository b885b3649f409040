import {
  type MemberCandidate,
  type MirrorFacts,
  planMembers,
  whatToDoWithRecord,
  whyUnsupported,
} from '../../../reconciler/infrastructure/kubernetes-record/decision';
import { kubernetesRecordName } from '../../../reconciler/infrastructure/names';

const facts: MirrorFacts = {
  isWanted: true,
  isEnabled: true,
  mayHaveRecord: false,
  hasLostHome: false,
  isProvisioned: true,
};

test.each<[string, Partial<MirrorFacts>, string]>([
  ['a wanted record of a cluster that stands', {}, 'keep'],
  ['a wanted record of a cluster that is being made', { isProvisioned: false }, 'wait'],
  ['an unwanted record that exists', { isWanted: false, mayHaveRecord: true }, 'remove'],
  ['nothing wanted, nothing there', { isWanted: false }, 'nothing'],
  ['a wanted record whose failure domain has left', { mayHaveRecord: true, hasLostHome: true }, 'remove'],
  ['a wanted record, the switch being off', { isEnabled: false, mayHaveRecord: true }, 'say-disabled'],
  ['an unwanted record, the switch being off', { isEnabled: false, isWanted: false, mayHaveRecord: true }, 'nothing'],
])('%s: %j → %s', (_, more, action) => {
  expect(whatToDoWithRecord({ ...facts, ...more })).toBe(action);
});

describe('members', () => {
  const machine = (instanceId: string, more: Partial<MemberCandidate> = {}): MemberCandidate => ({
    instanceId,
    isControlPlane: false,
    isSettled: true,
    ...more,
  });

  test('are added by role, and only once', () => {
    const plan = planMembers([machine('cp', { isControlPlane: true }), machine('a'), machine('b')], new Set(['a']));

    expect(plan).toEqual({ controlPlane: ['cp'], workers: ['b'], remove: [] });
  });

  test('that are no machines of the cluster are let go', () => {
    expect(planMembers([machine('a')], new Set(['a', 'stranger'])).remove).toEqual(['stranger']);
  });

  test('on their way in or out are neither added nor removed', () => {
    const plan = planMembers(
      [machine('new', { isSettled: false }), machine('old', { isSettled: false })],
      new Set(['old']),
    );

    expect(plan).toEqual({ controlPlane: [], workers: [], remove: [] });
  });
});

test.each([
  ['4.20.1.0', true, undefined],
  ['4.19.0.0', true, undefined],
  ['5.0.0.0', true, undefined],
  ['4.22.1.0-SNAPSHOT', true, undefined],
  ['4.18.2.0', true, '4.19 or newer'],
  ['4.20.1.0', false, 'cloud.kubernetes.service.enabled'],
])('CloudStack %s with the service %s: %s', (version, kubernetesService, why) => {
  const answer = whyUnsupported({ version, kubernetesService, mayExpunge: true, seesDestroyed: true });

  if (why === undefined) expect(answer).toBeUndefined();
  else expect(answer).toContain(why);
});

test('the name of a record is that of the provider before us', () => {
  expect(kubernetesRecordName('c1', 'csc', 'uid-1')).toBe('c1 - csc - uid-1');
});
