import { createHash } from 'node:crypto';
import type { Clock, Cloud, CloudStackAccess, CloudStackApi, CloudStackIdentity } from '../../api/ports';
import { shownEndpoint } from '../../machinery/user-info';
import { addressesOf } from './addresses';
import { affinityGroupsOf } from './affinity-groups';
import { Catalog } from './catalog';
import { renewed } from './client/renewed';
import { throttled } from './client/throttle';
import { Connection } from './connection';
import { firewallOf } from './firewall';
import { SharedInventory } from './inventory';
import { JobPoller } from './jobs';
import { kubernetesRecordsOf } from './kubernetes-records';
import { loadBalancersOf } from './load-balancers';
import { networksOf, vpcsOf } from './networks';
import { Remembered } from './remembered';
import { tagStoreOf } from './tags';
import { keysOfAccount, projectId } from './tenancy';
import { machinesOf } from './virtual-machines';

export interface CloudStackApiOptions {
  /** How commands travel: HTTP in production, in process on a virtual clock. */
  readonly access: CloudStackAccess;
  readonly clock: Clock;
}

/** {@link CloudStackApi} that can be stopped with the process. */
export interface StoppableCloudStackApi extends CloudStackApi {
  /** Ends all polling. */
  stop(): void;
}

/** Connections live as long as the process; an identity is rarely replaced. */
const KEEP_MS = Number.POSITIVE_INFINITY;

/** CloudStack behind its commands: one {@link Cloud} for each identity, with shared caches, inventory and job poller. */
export function createCloudStackApi(options: CloudStackApiOptions): StoppableCloudStackApi {
  const clouds = new Remembered<StoppableCloud>(options.clock, KEEP_MS);
  const running = new Set<StoppableCloud>();
  return {
    async open(identity) {
      const { cloud } = await clouds.get(fingerprint(identity), async () => {
        const opened = await openCloud(identity, options);
        running.add(opened);
        return opened;
      });
      return cloud;
    },
    stop() {
      for (const opened of running) opened.stop();
      running.clear();
    },
  };
}

interface StoppableCloud {
  readonly cloud: Cloud;
  stop(): void;
}

async function openCloud(
  identity: CloudStackIdentity,
  { access, clock }: CloudStackApiOptions,
): Promise<StoppableCloud> {
  const { credentials, account, domain, project } = identity;
  const tenant = [domain, account, project].filter((part) => part !== undefined && part !== '').join('/');
  const endpoint = shownEndpoint(credentials.apiUrl);
  const description = tenant === '' ? endpoint : `${endpoint} as ${tenant}`;
  const ownTransport = throttled(access.connect(credentials), clock);
  const own = new Connection(ownTransport, clock, description, undefined);

  let transport = ownTransport;
  if (account !== undefined && account !== '') {
    transport = await renewed(async () => {
      const keys = await keysOfAccount(own, account, domain);
      return throttled(access.connect({ ...credentials, ...keys }), clock);
    });
  }
  const tenantConnection = new Connection(transport, clock, description, undefined);
  const id = project === undefined || project === '' ? undefined : await projectId(tenantConnection, project);

  const connection = new Connection(transport, clock, description, id);
  const owner = new Connection(ownTransport, clock, description, id);
  return assemble(connection, owner);
}

function assemble(connection: Connection, owner: Connection): StoppableCloud {
  const catalog = new Catalog(connection);
  const ownCatalog = connection.transport === owner.transport ? catalog : new Catalog(owner);
  const jobs = new JobPoller(connection);
  const inventory = new SharedInventory(connection);
  const cloud: Cloud = {
    description: connection.description,
    capabilities: () => ownCatalog.capabilities(),
    zone: (ref) => catalog.zone(ref),
    serviceOffering: (ref, zoneId) => catalog.serviceOffering(ref, zoneId),
    diskOffering: (ref, zoneId) => catalog.diskOffering(ref, zoneId),
    template: (ref, zoneId) => catalog.template(ref, zoneId),
    networkOffering: (name, zoneId) => catalog.networkOffering(name, zoneId),
    vpcOffering: (name, zoneId) => catalog.vpcOffering(name, zoneId),
    jobs,
    inventory,
    networks: networksOf(connection),
    vpcs: vpcsOf(connection),
    addresses: addressesOf(connection),
    loadBalancers: loadBalancersOf(connection),
    firewall: firewallOf(connection),
    machines: machinesOf(connection, owner),
    affinityGroups: affinityGroupsOf(connection),
    kubernetesRecords: kubernetesRecordsOf(connection),
    tags: tagStoreOf(connection),
  };
  return {
    cloud,
    stop() {
      jobs.stop();
      inventory.stop();
    },
  };
}

/** Equal for equal identities; holds no key in readable form. */
function fingerprint({ credentials, account, domain, project }: CloudStackIdentity): string {
  const parts = [
    credentials.apiUrl,
    credentials.apiKey,
    credentials.secretKey,
    credentials.verifySsl,
    account ?? '',
    domain ?? '',
    project ?? '',
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
