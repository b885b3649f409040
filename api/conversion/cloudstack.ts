/** v1beta1, v1beta2, v1beta3 ↔ v1beta4 of the CloudStack provider's kinds (`capc.md` 1.9 to 1.11). */
import { isJsonObject, valueAt } from '../../machinery/json';
import { namedObjects } from './codecs';
import { type Fields, hubOnly, type Lens, move, oldNeeds, oldOnly, put, recode, sequence, take, within } from './lens';

/** `ready` also answers contract v1beta2's question; both are said once and never taken back. */
const readiness: Lens = {
  up(status) {
    if (status['ready'] === true) put(status, 'initialization.provisioned', true);
  },
  down(status) {
    if (valueAt(status, 'initialization', 'provisioned') === true) status['ready'] = true;
    take(status, 'initialization');
  },
};

const status = within('status', hubOnly('conditions'), readiness, oldNeeds('ready', false));
const endpoint = sequence(oldNeeds('controlPlaneEndpoint.host', ''), oldNeeds('controlPlaneEndpoint.port', 0));
const NEW_IN_NETWORK = ['gateway', 'netmask', 'offering', 'vpc', 'routingMode'];
const newInFailureDomain = sequence(hubOnly('project'), within('zone.network', hubOnly(...NEW_IN_NETWORK)));
const network = within('zone.network', oldNeeds('name', ''));
const templateMetadata = within('spec.template', keepLabelsAndAnnotations());

/** v1beta1 and v1beta2 templates allow all of an object's metadata. */
function keepLabelsAndAnnotations(): Lens {
  return {
    up(template) {
      const { metadata } = template;
      if (metadata === undefined) return;
      const { labels, annotations } = isJsonObject(metadata) ? metadata : ({} as Fields);
      const kept = Object.fromEntries(
        Object.entries({ labels, annotations }).filter(([, value]) => value !== undefined),
      );
      if (Object.keys(kept).length > 0) template['metadata'] = kept;
      else delete template['metadata'];
    },
    down: () => {},
  };
}

const clusterV1beta3 = sequence(
  within('spec', endpoint, within('failureDomains[]', network)),
  status,
  within('status', recode('failureDomains', namedObjects)),
);

const clusterV1beta2 = sequence(
  within('spec', within('failureDomains[]', newInFailureDomain), hubOnly('syncWithACS')),
  within('status', hubOnly('cloudStackClusterId')),
  clusterV1beta3,
);

/** v1beta1 knows zones, all with one account and domain, and credentials in the Secret `global`. */
function zones(namespace: string): Lens {
  return {
    up(spec) {
      const { zones: list, account, domain } = spec;
      for (const field of ['zones', 'account', 'domain', 'identityRef']) delete spec[field];
      if (!Array.isArray(list)) return;
      spec['failureDomains'] = list.filter(isJsonObject).map((zone) => ({
        name: failureDomainName(zone),
        zone,
        ...(account === undefined ? {} : { account }),
        ...(domain === undefined ? {} : { domain }),
        acsEndpoint: { name: 'global', namespace },
      }));
    },
    down(spec) {
      const list = spec['failureDomains'];
      delete spec['failureDomains'];
      const domains = Array.isArray(list) ? list.filter(isJsonObject) : [];
      spec['zones'] = domains.map((domain) => domain['zone']);
      for (const field of ['account', 'domain']) {
        const value = domains[0]?.[field];
        if (value !== undefined) spec[field] = value;
      }
    },
  };
}

/** The zone's id, as CAPC has it; where only the name is known, the name as far as a name may look. */
function failureDomainName(zone: Fields): string {
  const { id, name } = zone;
  if (typeof id === 'string' && id !== '') return id;
  const text = typeof name === 'string' ? name.toLowerCase().replace(/[^a-z0-9.-]+/g, '-') : '';
  return text.replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '') || 'zone';
}

function clusterV1beta1(namespace: string): Lens {
  return sequence(
    within('spec', zones(namespace), within('failureDomains[]', newInFailureDomain), hubOnly('syncWithACS')),
    within('status', oldOnly('zones', 'domainID', 'publicIPID', 'publicIPNetworkID', 'loadBalancerRuleID')),
    within('status', hubOnly('cloudStackClusterId')),
    clusterV1beta3,
  );
}

const diskOffering = within(
  'diskOffering',
  ...['mountPath', 'device', 'filesystem', 'label'].map((field) => oldNeeds(field, '')),
);
const machineSpecV1beta2 = sequence(hubOnly('networks'), diskOffering);
const machineSpecV1beta1 = sequence(
  oldOnly('zoneID', 'zoneName', 'identityRef'),
  hubOnly('networks', 'failureDomainName', 'uncompressedUserData'),
  move('affinitygroupids', 'affinityGroupIDs'),
  move('cloudstackaffinityref', 'cloudstackAffinityRef'),
  diskOffering,
);
const machineStatus = sequence(within('status', hubOnly('failureDomain')), status);

const templateStatus = hubOnly('status');
const NEW_IN_ISOLATED_NETWORK = ['gateway', 'netmask', 'offering', 'vpc'];

const isolatedNetworkV1beta2 = sequence(
  within('spec', endpoint, hubOnly(...NEW_IN_ISOLATED_NETWORK)),
  within('status', hubOnly('routingMode', 'firewallRulesOpened')),
  status,
);

/** Required in the hub; objects from v1beta1 have none. */
const noFailureDomain: Lens = {
  up(spec) {
    spec['failureDomainName'] ??= '';
  },
  down: (spec) => void take(spec, 'failureDomainName'),
};

/** By kind and version. Some look at the object's namespace. */
export const cloudStackLenses: {
  readonly [kind: string]: { readonly [version: string]: (namespace: string) => Lens };
} = {
  CloudStackCluster: {
    v1beta1: clusterV1beta1,
    v1beta2: () => clusterV1beta2,
    v1beta3: () => clusterV1beta3,
  },
  CloudStackFailureDomain: {
    v1beta2: () => sequence(within('spec', network, newInFailureDomain), status),
    v1beta3: () => sequence(within('spec', network), status),
  },
  CloudStackMachine: {
    v1beta1: () =>
      sequence(
        within('spec', machineSpecV1beta1),
        within('status', oldOnly('zoneID'), hubOnly('status', 'reason')),
        machineStatus,
      ),
    v1beta2: () => sequence(within('spec', machineSpecV1beta2), machineStatus),
    v1beta3: () => sequence(within('spec', diskOffering), machineStatus),
  },
  CloudStackMachineTemplate: {
    v1beta1: () => sequence(templateMetadata, within('spec.template.spec', machineSpecV1beta1), templateStatus),
    v1beta2: () => sequence(templateMetadata, within('spec.template.spec', machineSpecV1beta2), templateStatus),
    v1beta3: () => sequence(within('spec.template.spec', diskOffering), templateStatus),
  },
  CloudStackIsolatedNetwork: {
    v1beta1: () => sequence(within('spec', noFailureDomain), isolatedNetworkV1beta2),
    v1beta2: () => isolatedNetworkV1beta2,
    v1beta3: () => sequence(within('spec', endpoint), status),
  },
  CloudStackAffinityGroup: {
    v1beta1: () => sequence(within('spec', hubOnly('failureDomainName')), status),
    v1beta2: () => status,
    v1beta3: () => status,
  },
  CloudStackMachineStateChecker: {
    v1beta1: () => status,
    v1beta2: () => status,
    v1beta3: () => status,
  },
};
