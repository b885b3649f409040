import { CloudStackCluster, CloudStackFailureDomain, Secret } from '../../api/kinds';
import type { Cloud, CloudStackCredentials, ObjectEvent, Objects } from '../../api/ports';
import { equalJson } from '../../machinery/json';
import { isBeingDeleted, type KubeObject, keyText, type ObjectKey } from '../../machinery/kube-object';
import type { InfrastructureDeps } from './deps';
import { ConfigurationProblem } from './faults';
import { failureDomainObjectName } from './names';
import { Reason } from './reasons';
import { clusterNameOf } from './scope';

type FailureDomainSpec = CloudStackFailureDomain['spec'];

/** Who asks for a cloud. */
export interface Asking {
  readonly deps: InfrastructureDeps;
  /** The object that the cloud is wanted for. */
  readonly object: KubeObject;
}

/**
 * The cloud of a failure domain, acting as its spec says. Credentials are read from the cache each time, so a corrected
 * Secret is used at once; equal credentials share one connection.
 *
 * Deleting a namespace deletes the Secret before those that need it have let go, and it cannot be created there again:
 * what is being deleted goes on with the credentials that were read last.
 * @throws ConfigurationProblem when the Secret is missing or incomplete.
 */
export function openCloud({ deps, object }: Asking, spec: FailureDomainSpec): Promise<Cloud> {
  const { account, domain, project, acsEndpoint } = spec;
  const open = (credentials: CloudStackCredentials) => deps.cloudStack.open({ credentials, account, domain, project });
  const key = secretKey(acsEndpoint);
  if (isBeingDeleted(object) && deps.objects.get(Secret, key) === undefined) {
    const known = deps.lastRead?.get(keyText(key));
    if (known === undefined) throw withoutSecret(key, wayOut(object, spec));
    return open(known);
  }
  const credentials = credentialsOf(deps.objects, acsEndpoint);
  deps.lastRead?.set(keyText(key), credentials);
  return open(credentials);
}

/** Lets go of what was read for failure domains that go with an object, unless another object uses the same Secret. */
export function forgetCredentials({ deps, object }: Asking, failureDomains: readonly FailureDomainSpec[]): void {
  const namesOf = (specs: readonly Pick<FailureDomainSpec, 'acsEndpoint'>[]) =>
    specs.map(({ acsEndpoint }) => keyText(secretKey(acsEndpoint)));
  const isOther = ({ metadata }: KubeObject) => metadata.uid !== object.metadata.uid;
  const domains = deps.objects.list(CloudStackFailureDomain).filter(isOther);
  const clusters = deps.objects.list(CloudStackCluster).filter(isOther);
  const used = new Set([
    ...namesOf(domains.map(({ spec }) => spec)),
    ...namesOf(clusters.flatMap(({ spec }) => spec.failureDomains ?? [])),
  ]);
  for (const name of namesOf(failureDomains)) if (!used.has(name)) deps.lastRead?.delete(name);
}

function secretKey({ namespace, name }: FailureDomainSpec['acsEndpoint']): ObjectKey {
  return { namespace: namespace ?? '', name: name ?? '' };
}

function withoutSecret(key: ObjectKey, more = ''): ConfigurationProblem {
  const what = `Secret ${keyText(key)} with the CloudStack credentials does not exist`;
  return new ConfigurationProblem(Reason.CredentialsMissing, [
    `${what}; create it with the keys ${REQUIRED.join(', ')}${more}`,
  ]);
}

/** Nothing can be created in a namespace that is being deleted; what is there can be changed. */
function wayOut(object: KubeObject, { name }: FailureDomainSpec): string {
  const { namespace = '' } = object.metadata;
  const failureDomain = failureDomainObjectName(name, clusterNameOf(object) ?? '');
  const patch = '{"spec":{"acsEndpoint":{"namespace":"<namespace>","name":"<name>"}}}';
  return (
    '. Where it cannot be created because its namespace is being deleted, use a Secret in another: ' +
    `kubectl -n ${namespace} patch cloudstackfailuredomain ${failureDomain} --type=merge -p '${patch}'`
  );
}

/** The failure domains whose credentials a change of a Secret gives, changes or takes away. */
export function failureDomainsUsing(deps: InfrastructureDeps, event: ObjectEvent): readonly CloudStackFailureDomain[] {
  if (!changesCredentials(event)) return [];
  return deps.objects.list(CloudStackFailureDomain).filter(({ spec }) => isNamedBy(event.object, spec));
}

/** The clusters with such failure domains. */
export function clustersUsing(deps: InfrastructureDeps, event: ObjectEvent): readonly CloudStackCluster[] {
  if (!changesCredentials(event)) return [];
  const clusters = deps.objects.list(CloudStackCluster);
  return clusters.filter(({ spec }) => spec.failureDomains?.some((entry) => isNamedBy(event.object, entry)));
}

function changesCredentials({ type, object, previous }: ObjectEvent): boolean {
  return type !== 'modified' || !equalJson(previous?.['data'], object['data']);
}

function isNamedBy({ metadata }: KubeObject, { acsEndpoint }: Pick<FailureDomainSpec, 'acsEndpoint'>): boolean {
  return acsEndpoint.name === metadata.name && acsEndpoint.namespace === metadata.namespace;
}

const REQUIRED = ['api-url', 'api-key', 'secret-key'] as const;

export function credentialsOf(objects: Objects, reference: FailureDomainSpec['acsEndpoint']): CloudStackCredentials {
  const key = secretKey(reference);
  const where = `Secret ${keyText(key)}`;
  const secret = objects.get(Secret, key);
  if (secret === undefined) throw withoutSecret(key);
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
