import type { CloudStackMachine, Machine } from '../../../api/kinds';
import type { Cloud, Deployment, DiskOffering } from '../../../api/ports';
import { CloudStackNoMatch } from '../../../api/ports';
import { ConfigurationProblem } from '../faults';
import { Reason } from '../reasons';

/** The place a machine is deployed in. */
export interface Place {
  readonly zoneId: string;
  readonly networkId: string;
  readonly networkName: string;
}

/**
 * Resolves everything a machine names in CloudStack.
 * @throws ConfigurationProblem with every name that leads nowhere and every contradiction, all at once.
 */
export async function resolveDeployment(
  cloud: Cloud,
  object: CloudStackMachine,
  machine: Machine,
  place: Place,
  affinityGroupIds: readonly string[],
): Promise<Omit<Deployment, 'userData'>> {
  const { spec, metadata } = object;
  const problems: string[] = [];
  const [offering, template, disk, networks] = await Promise.all([
    collect(problems, () => cloud.serviceOffering(spec.offering, place.zoneId)),
    collect(problems, () => cloud.template(spec.template, place.zoneId)),
    collect(problems, () => resolveDisk(cloud, spec.diskOffering, place.zoneId)),
    collect(problems, () => resolveNetworks(cloud, spec.networks ?? [], place)),
  ]);
  if (problems.length > 0 || offering === undefined || template === undefined || networks === undefined) {
    throw new ConfigurationProblem(Reason.NotFoundInCloudStack, problems);
  }
  return {
    name: metadata.name,
    displayName: machine.metadata.name,
    zoneId: place.zoneId,
    serviceOfferingId: offering.id,
    templateId: template.id,
    networks,
    diskOfferingId: disk?.id,
    diskSizeGiB: disk?.customized === true ? spec.diskOffering?.customSizeInGB : undefined,
    keyPair: spec.sshKey === '' ? undefined : spec.sshKey,
    affinityGroupIds,
    details: spec.details ?? {},
  };
}

/** Runs a look-up; what the user must correct is noted, anything else ends the pass. */
async function collect<T>(problems: string[], look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ConfigurationProblem) problems.push(...error.problems);
    else if (error instanceof CloudStackNoMatch) problems.push(error.message);
    else throw error;
    return undefined;
  }
}

async function resolveDisk(
  cloud: Cloud,
  wanted: CloudStackMachine['spec']['diskOffering'],
  zoneId: string,
): Promise<DiskOffering | undefined> {
  if (wanted === undefined || ((wanted.id ?? '') === '' && (wanted.name ?? '') === '')) return undefined;
  const label = wanted.name || wanted.id;
  let found: DiskOffering;
  try {
    found = await cloud.diskOffering(wanted, zoneId);
  } catch (error) {
    if (!(error instanceof CloudStackNoMatch)) throw error;
    throw new CloudStackNoMatch(`could not get DiskOffering ID from ${label}: ${error.message}`);
  }
  const size = wanted.customSizeInGB ?? 0;
  if (found.customized && size <= 0) {
    throw new CloudStackNoMatch(`diskoffering ${label} is customized, disk size can not be 0 GB`);
  }
  if (!found.customized && size > 0) {
    throw new CloudStackNoMatch(`diskoffering ${label} is not customized, disk size can not be specified`);
  }
  return found;
}

async function resolveNetworks(
  cloud: Cloud,
  wanted: NonNullable<CloudStackMachine['spec']['networks']>,
  place: Place,
): Promise<Deployment['networks']> {
  const [first] = wanted;
  if (first === undefined) return [{ networkId: place.networkId }];
  if ((first.id ?? '') !== '' && first.id !== place.networkId) {
    throw new CloudStackNoMatch(`first network ID ${first.id} does not match zone network ID ${place.networkId}`);
  }
  if ((first.id ?? '') === '' && first.name.toLowerCase() !== place.networkName.toLowerCase()) {
    throw new CloudStackNoMatch(
      `first network name ${first.name} does not match zone network name ${place.networkName}`,
    );
  }
  return Promise.all(
    wanted.map(async ({ id, name, ip }, index) => {
      const address = ip === '' ? undefined : ip;
      if (index === 0) return { networkId: place.networkId, address };
      if ((id ?? '') !== '') return { networkId: id ?? '', address };
      const found = await cloud.networks.find(place.zoneId, name);
      const [only] = found;
      if (only === undefined)
        throw new CloudStackNoMatch(`No match found for ${name}: no Network has exactly this name`);
      if (found.length > 1)
        throw new CloudStackNoMatch(`expected 1 Network with name ${name}, but got ${found.length}`);
      return { networkId: only.id, address };
    }),
  );
}
