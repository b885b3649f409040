import { type Accepted, acceptedIn, compare, readAccepted } from './compare';
import { factsOf } from './facts';
import { readSteps, readTrace, readUnstable, type TraceLine, tracesArePresent } from './scenario';
import { run } from './world';

/** Signatures of certificates differ from run to run: OpenSSL draws their nonces. */
function withoutSecrets(line: TraceLine): TraceLine {
  if (line.kind !== 'Secret') return line;
  return { ...line, object: { ...line.object, data: Object.keys(line.object.data ?? {}) } };
}

const SCENARIOS = [
  '01-create-1-1',
  '02-create-3-2',
  '03-scale-md-2-5-1',
  '04-scale-kcp-1-3-1',
  '05-upgrade',
  '06a-md-rollout-surge1-unavail0',
  '06b-md-rollout-surge0-unavail1',
  '06c-md-rollout-ondelete',
  '06d-md-rollout-surge-2of5',
  '07-md-in-place-propagation',
  '08a-mhc-worker-node-condition',
  '08b-mhc-worker-annotation',
  '08d-mhc-control-plane-single',
  '10-delete',
  '12-deletion-hooks',
  '13-kcp-remediation-1-of-3',
  '14a-scale-down-order-newest',
  '14b-scale-down-order-oldest',
  '14c-scale-down-order-random',
  '17-kcp-spec-rollout-surge0',
  '18-delete-single-objects',
  '21-standalone-machine',
];
/** A run takes seconds of real time; much more on a machine that is busy with other things. */
const TIMEOUT_MS = 300_000;
/** Kubernetes requests of the loops for one control-plane machine and one worker (DESIGN 9). */
const MOST_REQUESTS = 120;

if (!tracesArePresent) console.warn('test/traces: skipped, ../shared/conformance/traces-capi-v1.14 is not there');

(tracesArePresent ? describe : describe.skip)('our loops do what upstream was recorded to do', () => {
  const accepted = tracesArePresent ? readAccepted() : [];
  const used = new Set<Accepted>();
  let compared = 0;

  test.each(SCENARIOS)(
    '%s',
    async (scenario) => {
      const upstream = factsOf(readTrace(scenario));

      const { lines } = await run(readSteps(scenario));

      const found = compare(upstream, factsOf(lines), acceptedIn(scenario, accepted), readUnstable(scenario));
      for (const entry of found.used) used.add(entry);
      compared += upstream.length;
      expect(found.differences).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test('every accepted difference still exists', () => {
    console.info(`test/traces: compared ${compared} facts with upstream's`);

    expect(accepted.filter((entry) => !used.has(entry))).toEqual([]);
    expect(compared).toBeGreaterThan(25_000);
  });

  test(
    `a cluster of 1 + 1 takes at most ${MOST_REQUESTS} requests, and two runs are the same`,
    async () => {
      const steps = readSteps('01-create-1-1');

      const first = await run(steps, 7);
      const second = await run(steps, 7);

      const ours = [...first.requests].filter(([request]) => !request.includes(' Dev') || request.startsWith('apply'));
      const total = ours.reduce((sum, [, count]) => sum + count, 0);
      console.info(`test/traces: ${total} Kubernetes requests for 1 + 1`, Object.fromEntries(ours));
      expect(total).toBeLessThanOrEqual(MOST_REQUESTS);
      expect(second.lines.map(withoutSecrets)).toEqual(first.lines.map(withoutSecrets));
    },
    TIMEOUT_MS,
  );
});
