import { SharedNetwork } from '../../constructs';
import { clusterObjects } from './definitions';
import { FaultyWorld, type Told } from './faulty-world';

let world: FaultyWorld;
beforeEach(async () => {
  world = await FaultyWorld.begin();
});
afterEach(() => world.close());

/** `since` lies between the fault and now, to the second that Kubernetes' times have. */
function expectSince(told: Told, from: number): void {
  expect(told.since).toBeGreaterThanOrEqual(from - 1000);
  expect(told.since).toBeLessThanOrEqual(world.clock.now());
}

test('refused credentials are named; when the Secret is corrected, the cluster comes', async () => {
  await world.changeCredentials({ 'secret-key': 'not-the-key' });
  const start = world.clock.now();
  await world.apply(clusterObjects('dev'));

  const told = await world.told('CredentialsRefused');

  expect(told.blocking).toMatch(/^CloudStackFailureDomain default\//);
  expect(told.reason).toBe('Ready: CredentialsRefused');
  expect(told.message).toContain('unable to verify user credentials');
  expect(told.next).toContain('correct api-url, api-key and secret-key in the credentials Secret');
  expectSince(told, start);
  expect(await world.warnings()).toContainEqual(
    expect.stringMatching(/^CloudStackFailureDomain CredentialsRefused: .*401/),
  );
  expect(`${told.text}${(await world.warnings()).join()}`).not.toContain('not-the-key');
  expect(world.left()).toEqual([]);

  await world.changeCredentials({ 'secret-key': world.cloud.credentials.secretKey });
  await world.expectWholeAndClean();
});

test('a missing credentials Secret is named; when it is created, the cluster comes', async () => {
  const restore = await world.loseCredentials();
  const start = world.clock.now();
  await world.apply(clusterObjects('dev'));

  const told = await world.told('CredentialsMissing');

  expect(told.blocking).toMatch(/^CloudStackFailureDomain default\//);
  expect(told.message).toContain('Secret default/cloudstack-credentials');
  expect(told.next).toContain('create the credentials Secret');
  expectSince(told, start);
  expect(await world.warnings()).toContainEqual(
    expect.stringMatching(/^CloudStackFailureDomain CredentialsMissing: .*default\/cloudstack-credentials/),
  );

  await restore();
  await world.expectWholeAndClean();
});

test('an unknown zone is named; when the zone has the name, the cluster comes', async () => {
  const start = world.clock.now();
  await world.apply(clusterObjects('dev', { zone: 'east-1' }));

  const told = await world.told('NotFoundInCloudStack');

  expect(told.blocking).toMatch(/^CloudStackFailureDomain default\//);
  expect(told.message).toBe('No match found for east-1: no Zone has exactly this name');
  expect(told.next).toContain('have a zone of that name made');
  expectSince(told, start);
  expect(await world.warnings()).toContainEqual(
    expect.stringMatching(/^CloudStackFailureDomain NotFoundInCloudStack: .*east-1/),
  );

  world.cloud.incidents.renameZone('zone-1', 'east-1');
  await world.expectWholeAndClean();
});

test.each(['controlPlane', 'workers'] as const)(
  'an unknown offering of the %s is named; when it is created, the cluster comes',
  async (where) => {
    const huge = { replicas: 1, offering: 'Huge Instance' };
    const start = world.clock.now();
    await world.apply(
      clusterObjects('dev', where === 'workers' ? { pools: { general: huge } } : { controlPlane: huge }),
    );

    const told = await world.told('NotFoundInCloudStack');

    expect(told.blocking).toMatch(/^CloudStackMachine default\/dev-/);
    expect(told.message).toBe('No match found for Huge Instance: no ServiceOffering has exactly this name');
    expect(told.next).toContain('correct `offering` in the cluster definition, or create an offering of that name');
    expectSince(told, start);
    expect(await world.warnings()).toContainEqual(
      expect.stringMatching(/^CloudStackMachine NotFoundInCloudStack: .*Huge Instance/),
    );

    world.cloud.incidents.addServiceOffering('Huge Instance');
    await world.expectWholeAndClean();
  },
);

test('an unknown offering of a pool, corrected in the definition', async () => {
  await world.apply(clusterObjects('dev', { pools: { general: { replicas: 1, offering: 'Huge Instance' } } }));
  await world.told('NotFoundInCloudStack');

  await world.apply(clusterObjects('dev'));

  await world.expectWholeAndClean();
});

test('an unknown template is named; when it is registered, the cluster comes', async () => {
  const start = world.clock.now();
  await world.apply(clusterObjects('dev', { kubernetesVersion: 'v1.34.9' }));

  const told = await world.told('NotFoundInCloudStack');

  expect(told.blocking).toMatch(/^CloudStackMachine default\/dev-control-plane-/);
  expect(told.message).toBe('No match found for kube-v1.34.9: no Template has exactly this name');
  expect(told.next).toContain('register a template of that name');
  expectSince(told, start);
  expect(await world.warnings()).toContainEqual(
    expect.stringMatching(/^CloudStackMachine NotFoundInCloudStack: .*kube-v1.34.9/),
  );

  world.cloud.incidents.addTemplate('kube-v1.34.9', 'kube-v1.34.2');
  await world.expectWholeAndClean();
});

test('a shared network that does not exist is named and not made; when it is created, machines go there', async () => {
  const start = world.clock.now();
  await world.apply(
    clusterObjects('dev', { network: SharedNetwork.named('campus'), endpoint: { host: '10.50.0.250', port: 6443 } }),
  );

  const told = await world.told('NotFoundInCloudStack');

  expect(told.blocking).toMatch(/^CloudStackFailureDomain default\//);
  expect(told.message).toContain('No match found for campus: no Network in zone zone-1 has exactly this name');
  expect(told.next).toContain('create the network in CloudStack');
  expectSince(told, start);
  expect(await world.warnings()).toContainEqual(
    expect.stringMatching(/^CloudStackFailureDomain NotFoundInCloudStack: .*campus/),
  );
  expect(world.left()).toEqual([]);

  await world.createSharedNetwork('campus');
  // The endpoint there is the user's own: nothing answers at it in this world, so the first machine is where it ends.
  await world.until('a machine runs', () =>
    world.cloud.inventory().VirtualMachine.some(({ state }) => state === 'Running'),
  );
  expect(world.left().filter((item) => !/^(VirtualMachine|Volume|AffinityGroup) /.test(item))).toEqual([]);
});
