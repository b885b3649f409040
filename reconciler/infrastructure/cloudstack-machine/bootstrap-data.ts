import { type CloudStackMachine, type Machine, Secret } from '../../../api/kinds';
import { ConfigurationProblem } from '../faults';
import { Reason } from '../reasons';
import type { Scope } from '../scope';
import { prepareUserData } from './user-data';

/**
 * The user data of a machine, from the Secret its bootstrap provider made. It holds secrets: it goes into the deployment
 * and nowhere else.
 * @throws ConfigurationProblem when the Secret is not there or empty.
 */
export async function bootstrapData(scope: Scope<CloudStackMachine>, machine: Machine): Promise<string> {
  const key = { namespace: scope.namespace, name: machine.spec.bootstrap.dataSecretName ?? '' };
  const { objects } = scope.deps;
  // The cache of Secrets may be behind that of Machines.
  const secret = objects.get(Secret, key) ?? (await objects.read(Secret, key));
  const value = secret?.data?.['value'];
  if (value === undefined || value === '') {
    throw new ConfigurationProblem(Reason.WaitingForBootstrapData, [
      `Secret ${key.namespace}/${key.name} with the bootstrap data ${secret === undefined ? 'does not exist' : 'has no key "value"'}`,
    ]);
  }
  const format = secret?.data?.['format'];
  return prepareUserData({
    data: Buffer.from(value, 'base64'),
    machineName: machine.metadata.name,
    failureDomain: scope.object.spec.failureDomainName ?? '',
    format: format === undefined ? undefined : Buffer.from(format, 'base64').toString().trim(),
    uncompressed: scope.object.spec.uncompressedUserData === true,
  });
}
