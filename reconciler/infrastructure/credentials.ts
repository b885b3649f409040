import { CloudStackFailureDomain, Secret } from '../../api/kinds';
import type { Cloud, CloudStackCredentials, ObjectEvent, Objects } from '../../api/ports';
import { equalJson } from '../../machinery/json';
import { keyText } from '../../machinery/kube-object';
import type { InfrastructureDeps } from './deps';
import { ConfigurationProblem } from './faults';
import { Reason } from './reasons';

type FailureDomainSpec = CloudStackFailureDomain['spec'];

/**
 * The cloud of a failure domain, acting as its spec says. Credentials are read from the cache each time, so a corrected
 * Secret is used at once; equal credentials share one connection.
 * @throws ConfigurationProblem when the Secret is missing or incomplete.
 */
export function openCloud(deps: InfrastructureDeps, spec: FailureDomainSpec): Promise<Cloud> {
  const { account, domain, project } = spec;
  return deps.cloudStack.open({ credentials: credentialsOf(deps.objects, spec.acsEndpoint), account, domain, project });
}

/** The failure domains whose credentials a change of a Secret gives, changes or takes away. */
export function failureDomainsUsing(
  deps: InfrastructureDeps,
  { type, object, previous }: ObjectEvent,
): readonly CloudStackFailureDomain[] {
  if (type === 'modified' && equalJson(previous?.['data'], object['data'])) return [];
  const { namespace, name } = object.metadata;
  return deps.objects
    .list(CloudStackFailureDomain)
    .filter(({ spec: { acsEndpoint } }) => acsEndpoint.name === name && acsEndpoint.namespace === namespace);
}

const REQUIRED = ['api-url', 'api-key', 'secret-key'] as const;

export function credentialsOf(objects: Objects, reference: FailureDomainSpec['acsEndpoint']): CloudStackCredentials {
  const key = { namespace: reference.namespace ?? '', name: reference.name ?? '' };
  const where = `Secret ${keyText(key)}`;
  const secret = objects.get(Secret, key);
  if (secret === undefined) {
    throw new ConfigurationProblem(Reason.CredentialsMissing, [
      `${where} with the CloudStack credentials does not exist; create it with the keys ${REQUIRED.join(', ')}`,
    ]);
  }
  const values = new Map(
    Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(String(value), 'base64').toString().trim(),
    ]),
  );
  const missing = REQUIRED.filter((key) => (values.get(key) ?? '') === '');
  if (missing.length > 0) {
    throw new ConfigurationProblem(Reason.CredentialsInvalid, [`${where} lacks the keys ${missing.join(', ')}`]);
  }
  const apiUrl = values.get('api-url') ?? '';
  if (!isHttpUrl(apiUrl)) {
    throw new ConfigurationProblem(Reason.CredentialsInvalid, [`${where}: api-url is not an http or https URL`]);
  }
  return {
    apiUrl,
    apiKey: values.get('api-key') ?? '',
    secretKey: values.get('secret-key') ?? '',
    verifySsl: values.get('verify-ssl') !== 'false',
  };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}
