import type { CloudStackIsolatedNetwork } from '../../../api/kinds';
import { CloudStackNoMatch, type Vpc } from '../../../api/ports';
import { failureDomainOf } from '../family';
import { isSureRefusal } from '../faults';
import { announce, intentOf, withdraw } from '../intent';
import { isolatedNetworksOf, seeTheSame } from '../isolated-networks';
import { DEFAULT_VPC_OFFERING, nonEmpty, Tag } from '../names';
import { Reason } from '../reasons';
import {
  ensureTags,
  follow,
  jobOf,
  type NetworkWork,
  ownTags,
  type Wait,
  waitAndLook,
  waitForAnswer,
  waitForJob,
} from './work';

/** The id of the VPC the network is a tier of, made when no VPC has its name; undefined: no tier. */
export async function ensureVpc(work: NetworkWork): Promise<string | undefined | Wait> {
  const { scope, cloud, zoneId } = work;
  const { vpc } = scope.object.spec;
  if (vpc === undefined || ((vpc.id ?? '') === '' && (vpc.name ?? '') === '')) return undefined;

  const creation = jobOf(work, 'vpc', `creating VPC ${vpc.name}`);
  if (creation?.outcome.state === 'pending') {
    return waitForJob(Reason.CreatingVpc, `creating VPC ${vpc.name}`, creation.job);
  }
  const found = await findVpc(work, vpc);
  if (found !== undefined) {
    vpc.id = found.id;
    vpc.name = found.name;
    // Also one that another cluster made: with our mark on it, it stays until we go.
    if (found.tags[Tag.created] !== undefined || intentOf(scope.object.metadata, 'vpc') !== undefined) {
      await ensureTags(work, 'Vpc', found.id, found.tags, ownTags(work.identity));
    }
    if (found.state !== '' && found.state !== 'Enabled') {
      return waitAndLook(Reason.CreatingVpc, `VPC ${found.name} is in state ${found.state}`);
    }
    return found.id;
  }
  const unanswered = waitForAnswer(work, 'vpc', 'createVPC');
  if (unanswered !== undefined) return unanswered;

  const offering = await cloud.vpcOffering(nonEmpty(vpc.offering) ?? DEFAULT_VPC_OFFERING, zoneId);
  const other = await announceAlone(work, vpc.name ?? '');
  if (other !== undefined) return other;
  try {
    const wanted = { name: vpc.name ?? '', zoneId, offeringId: offering.id, cidr: nonEmpty(vpc.cidr) };
    const started = await cloud.vpcs.create(wanted);
    const { vpc: current } = scope.object.spec;
    if (current !== undefined) current.id = started.id;
    follow(work, 'vpc', started.job);
    return waitForJob(Reason.CreatingVpc, `creating VPC ${wanted.name}`, started.job);
  } catch (error) {
    if (isSureRefusal(error)) withdraw(scope.object.metadata, 'vpc');
    throw error;
  }
}

/** Announces a creation unless another network of the cluster makes the same VPC: two would have one name. */
async function announceAlone(work: NetworkWork, name: string): Promise<Wait | undefined> {
  const { scope, announcing } = work;
  const cluster = `${scope.namespace}/${scope.clusterName}`;
  const isMaker = intentOf(scope.object.metadata, 'vpc') !== undefined;
  const isMade = isolatedNetworksOf(scope).some(
    (other) => other.metadata.uid !== scope.uid && makes(work, other, name),
  );
  if (announcing.has(cluster) || (isMade && !isMaker)) {
    return waitAndLook(Reason.CreatingVpc, `another network of the cluster makes VPC ${name}`);
  }
  announcing.add(cluster);
  try {
    announce(scope.object.metadata, 'vpc', scope.deps.clock);
    await scope.persistMain();
    return undefined;
  } finally {
    announcing.delete(cluster);
  }
}

function makes({ scope }: NetworkWork, other: CloudStackIsolatedNetwork, name: string): boolean {
  if (intentOf(other.metadata, 'vpc') === undefined || other.spec.vpc?.name !== name) return false;
  const [its, ours] = [other, scope.object].map(({ spec }) => failureDomainOf(scope, spec.failureDomainName));
  return its !== undefined && ours !== undefined && seeTheSame(its, ours);
}

async function findVpc(
  work: NetworkWork,
  vpc: { id?: string | undefined; name?: string | undefined },
): Promise<Vpc | undefined> {
  const isOurs = intentOf(work.scope.object.metadata, 'vpc') !== undefined;
  if ((vpc.id ?? '') !== '') {
    const found = await work.cloud.vpcs.get(vpc.id ?? '');
    if (found !== undefined) return found;
    if (!isOurs) throw new CloudStackNoMatch(`No match found for ${vpc.id}: no VPC has this id`);
  }
  return vpcByName(work, vpc.name ?? '');
}

/** The one VPC with exactly this name in our zone. Anything but a sure answer throws, so that nothing is doubled. */
export async function vpcByName({ cloud, zoneId }: NetworkWork, name: string): Promise<Vpc | undefined> {
  const found = await cloud.vpcs.find(zoneId, name);
  if (found.length > 1) {
    throw new CloudStackNoMatch(`expected 1 VPC with name ${name}, but got ${found.length}; name one by its id`);
  }
  return found[0];
}
