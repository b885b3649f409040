import { equalJson, isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { label1035Fault, labelFault, pathSegmentFault, qualifiedNameFaults } from '../registry/names';
import { duplicate, type FieldError, forbidden, invalid, notSupported, required, tooLong } from '../rest/field-error';
import { scanJson } from '../schema/go-json';
import { portFaults, portNameFaults, portNumberFaults } from './numbers';
import { defaultTo, mapAt, mapsAt, strategy } from './strategy';

const KEY = /^[-._a-zA-Z0-9]+$/;
const MAX_DATA = 1024 * 1024;

function dataFaults(object: KubeObject, fields: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const field of fields) {
    for (const [key, value] of Object.entries(mapAt(object, field))) {
      size += typeof value === 'string' ? value.length : 0;
      if (!KEY.test(key) || key.length > 253) {
        errors.push(
          invalid(
            `${field}[${key}]`,
            key,
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
          ),
        );
      }
    }
  }
  if (size > MAX_DATA * 1.4) errors.push(tooLong(fields[0] ?? '', MAX_DATA));
  return errors;
}

function immutableFaults(object: KubeObject, old: KubeObject | undefined, fields: readonly string[]): FieldError[] {
  if (old?.['immutable'] !== true) return [];
  const errors: FieldError[] = [];
  const text = 'field is immutable when `immutable` is set';
  if (object['immutable'] !== true) errors.push(forbidden('immutable', text));
  for (const field of fields) {
    if (!equalJson(object[field] ?? {}, old[field] ?? {})) errors.push(forbidden(field, text));
  }
  return errors;
}

export const secrets = strategy({
  defaults: (secret) => {
    defaultTo(secret, 'type', 'Opaque');
    foldStringData(secret);
  },
  prepareUpdate: (secret, old) => {
    if (secret['type'] === undefined || secret['type'] === '') secret['type'] = old['type'];
  },
  validate: (secret, old) => {
    const errors = dataFaults(secret, ['data']);
    errors.push(...immutableFaults(secret, old, ['data']));
    if (old !== undefined && secret['type'] !== old['type']) {
      errors.push(invalid('type', secret['type'], 'field is immutable'));
    }
    const needed = REQUIRED_KEYS[String(secret['type'])] ?? [];
    for (const key of needed) if (mapAt(secret, 'data')[key] === undefined) errors.push(required(`data[${key}]`));
    if (secret['type'] === 'kubernetes.io/dockerconfigjson') errors.push(...dockerConfigFaults(secret));
    return errors;
  },
});

function dockerConfigFaults(secret: KubeObject): FieldError[] {
  const config = mapAt(secret, 'data')['.dockerconfigjson'];
  if (typeof config !== 'string') return [];
  const { fault } = scanJson(Buffer.from(config, 'base64').toString('utf8'));
  return fault === undefined ? [] : [invalid('data[.dockerconfigjson]', '<secret contents redacted>', fault)];
}

const REQUIRED_KEYS: { readonly [type: string]: readonly string[] } = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

/** `stringData` is written into `data` and never stored. */
export function foldStringData(secret: KubeObject): void {
  const text = secret['stringData'];
  if (!isJsonObject(text)) return;
  const data = { ...mapAt(secret, 'data') };
  for (const [key, value] of Object.entries(text)) data[key] = Buffer.from(String(value), 'utf8').toString('base64');
  secret['data'] = data;
  delete secret['stringData'];
}

export const configMaps = strategy({
  validate: (map, old) => [
    ...dataFaults(map, ['data', 'binaryData']),
    ...Object.keys(mapAt(map, 'data'))
      .filter((key) => mapAt(map, 'binaryData')[key] !== undefined)
      .map((key) => invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')),
    ...immutableFaults(map, old, ['data', 'binaryData']),
  ],
});

/** Namespaces that can never be deleted. */
const PROTECTED_NAMESPACES: readonly string[] = ['default', 'kube-system', 'kube-public'];

export const isProtectedNamespace = (name: string): boolean => PROTECTED_NAMESPACES.includes(name);

export const namespaces = strategy({
  nameFault: (name, isPrefix) => (name.includes('.') ? 'must not contain dots' : labelFault(name, isPrefix)),
  prepareDelete: (namespace) => ({ ...namespace, status: { ...mapAt(namespace, 'status'), phase: 'Terminating' } }),
  defaults: (namespace) => {
    const { metadata } = namespace;
    if (metadata.name === undefined || metadata.name === '') return;
    metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
  },
  prepareCreate: (namespace) => {
    namespace['spec'] = { finalizers: ['kubernetes'] };
    namespace['status'] = { phase: 'Active' };
  },
  prepareUpdate: (namespace, old) => {
    namespace['spec'] = old['spec'];
  },
});

export const nodes = strategy({
  keepStatusOnCreate: true,
  defaults: (node) => {
    const status = mapAt(node, 'status');
    if (status['capacity'] !== undefined) defaultTo(status, 'allocatable', status['capacity']);
    const spec = mapAt(node, 'spec');
    if (typeof spec['podCIDR'] === 'string' && spec['podCIDR'] !== '') defaultTo(spec, 'podCIDRs', [spec['podCIDR']]);
  },
  // The TaintNodesByCondition admission plugin.
  prepareCreate: (node) => {
    const spec = { ...mapAt(node, 'spec') };
    const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
    const taints = mapsAt(spec, 'taints');
    if (!taints.some((known) => known['key'] === taint.key && known['effect'] === taint.effect)) {
      spec['taints'] = [...taints, taint];
    }
    node['spec'] = spec;
  },
  validate: (node, old) => {
    const before = mapAt(old, 'spec')['providerID'];
    if (before === undefined || before === '' || before === mapAt(node, 'spec')['providerID']) return [];
    return [forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid')];
  },
});

export const services = strategy({
  allowCreateOnUpdate: true,
  nameFault: label1035Fault,
  defaults: (service) => {
    const spec = mapAt(service, 'spec');
    defaultTo(spec, 'sessionAffinity', 'None');
    defaultTo(spec, 'type', 'ClusterIP');
    for (const port of mapsAt(spec, 'ports')) {
      defaultTo(port, 'protocol', 'TCP');
      if (port['targetPort'] === undefined || port['targetPort'] === 0) port['targetPort'] = port['port'];
    }
    if (spec['type'] !== 'ExternalName') defaultTo(spec, 'internalTrafficPolicy', 'Cluster');
    if (spec['type'] === 'LoadBalancer' || spec['type'] === 'NodePort') {
      defaultTo(spec, 'externalTrafficPolicy', 'Cluster');
    }
    if (spec['type'] === 'LoadBalancer') defaultTo(spec, 'allocateLoadBalancerNodePorts', true);
  },
  prepareCreate: (service) => {
    const spec = mapAt(service, 'spec');
    if (spec['type'] === 'ExternalName') return;
    defaultTo(spec, 'clusterIP', addressFor(service.metadata.uid ?? ''));
    defaultTo(spec, 'clusterIPs', [spec['clusterIP']]);
    // Without pods of its own, a headless service may be of any family.
    const isFree = spec['clusterIP'] === 'None' && Object.keys(mapAt(spec, 'selector')).length === 0;
    defaultTo(spec, 'ipFamilies', isFree ? ['IPv4', 'IPv6'] : ['IPv4']);
    defaultTo(spec, 'ipFamilyPolicy', isFree ? 'RequireDualStack' : 'SingleStack');
  },
  prepareUpdate: (service, old) => {
    const spec = mapAt(service, 'spec');
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      defaultTo(spec, field, mapAt(old, 'spec')[field]);
      if (spec[field] === undefined) delete spec[field];
    }
  },
  validate: (service, old) => {
    const errors: FieldError[] = [];
    const spec = mapAt(service, 'spec');
    const isHeadless = spec['clusterIP'] === 'None';
    if (mapsAt(spec, 'ports').length === 0 && !isHeadless && spec['type'] !== 'ExternalName') {
      errors.push(required('spec.ports'));
    }
    errors.push(...servicePortFaults(mapsAt(spec, 'ports')));
    const before = mapAt(old, 'spec')['clusterIP'];
    if (before !== undefined && before !== '' && spec['clusterIP'] !== before && spec['type'] !== 'ExternalName') {
      errors.push(invalid('spec.clusterIPs[0]', [spec['clusterIP']], 'may not change once set'));
    }
    return errors;
  },
});

const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP'];

function servicePortFaults(ports: readonly { readonly [field: string]: unknown }[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    const name = String(port['name'] ?? '');
    if (name !== '') errors.push(...portNameFaults(name, `${at}.name`));
    else if (ports.length > 1) errors.push(required(`${at}.name`));
    if (name !== '' && seen.has(name)) errors.push(duplicate(`${at}.name`, name));
    seen.add(name);
    errors.push(...portNumberFaults(port['port'], `${at}.port`));
    if (!PROTOCOLS.includes(String(port['protocol']))) {
      errors.push(notSupported(`${at}.protocol`, port['protocol'], PROTOCOLS));
    }
    errors.push(...portFaults(port['targetPort'], `${at}.targetPort`));
  }
  return errors;
}

/** An address in 10.96.0.0/12 made from a uid: nothing answers there, but it is shown and stays. */
function addressFor(uid: string): string {
  const number = Number.parseInt(uid.replace(/-/g, '').slice(0, 5), 16);
  return `10.${96 + (number >> 16)}.${(number >> 8) & 0xff}.${(number & 0xfd) + 1}`;
}

/**
 * An Event without a time of its own lies in the namespace of what it is about, or in the default one; an Event with one
 * says what was done by whom.
 */
export const events = strategy({
  allowCreateOnUpdate: true,
  nameFault: pathSegmentFault,
  validate: (event) => {
    const isCore = event.apiVersion === 'v1';
    const about = String(mapAt(event, isCore ? 'involvedObject' : 'regarding')['namespace'] ?? '');
    const { namespace = '' } = event.metadata;
    const isTimed = (event['eventTime'] ?? '') !== '';
    const commons = isTimed ? ['default', 'kube-system'] : ['default'];
    const fits = about === '' ? commons.includes(namespace) : isTimed || about === namespace;
    const errors: FieldError[] = [];
    if (!fits) errors.push(invalid('involvedObject.namespace', about, 'does not match event.namespace'));
    if (isTimed) errors.push(...reportFaults(event, isCore));
    if (isCore) return errors;
    if (!isTimed) errors.push(required('eventTime'));
    if (!['Normal', 'Warning'].includes(String(event['type']))) {
      errors.push(invalid('type', event['type'] ?? '', `has invalid value: ${String(event['type'] ?? '')}`));
    }
    return errors;
  },
});

function reportFaults(event: KubeObject, isCore: boolean): FieldError[] {
  const text = (field: string): string => String(event[field] ?? '');
  const reporter = isCore ? 'reportingComponent' : 'reportingController';
  const errors: FieldError[] = [];
  if (text(reporter) === '') errors.push(required(reporter));
  for (const fault of qualifiedNameFaults(text(reporter))) errors.push(invalid(reporter, text(reporter), fault));
  for (const field of ['reportingInstance', 'action', 'reason']) {
    if (text(field) === '') errors.push(required(field));
    if (text(field).length > 128) errors.push(invalid(field, '', 'can have at most 128 characters'));
  }
  if (text(isCore ? 'message' : 'note').length > 1024) {
    errors.push(invalid('message', '', 'can have at most 1024 characters'));
  }
  return errors;
}

export const endpoints = strategy({
  allowCreateOnUpdate: true,
  defaults: (object) => {
    for (const subset of mapsAt(object, 'subsets')) {
      for (const port of mapsAt(subset, 'ports')) defaultTo(port, 'protocol', 'TCP');
    }
  },
});

export const persistentVolumes = strategy({
  defaults: (volume) => {
    const spec = mapAt(volume, 'spec');
    defaultTo(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    defaultTo(spec, 'volumeMode', 'Filesystem');
    if (spec['hostPath'] !== undefined) defaultTo(mapAt(spec, 'hostPath'), 'type', '');
  },
  prepareCreate: (volume) => {
    volume['status'] = { phase: 'Pending' };
  },
});

export const persistentVolumeClaims = strategy({
  defaults: (claim) => defaultTo(mapAt(claim, 'spec'), 'volumeMode', 'Filesystem'),
  prepareCreate: (claim) => {
    claim['status'] = { phase: 'Pending' };
  },
});
