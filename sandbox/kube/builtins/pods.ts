import { equalJson } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { labelFault } from '../registry/names';
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../rest/field-error';
import { defaultTo, mapAt, mapsAt, strategy } from './strategy';

type Plain = { [key: string]: unknown };

const CONTAINERS: readonly string[] = ['containers', 'initContainers'];

/** Defaults of a pod spec, alone or in a template. */
export function podSpecDefaults(spec: Plain): void {
  defaultTo(spec, 'restartPolicy', 'Always');
  defaultTo(spec, 'terminationGracePeriodSeconds', 30);
  defaultTo(spec, 'dnsPolicy', 'ClusterFirst');
  defaultTo(spec, 'schedulerName', 'default-scheduler');
  defaultTo(spec, 'securityContext', {});
  if (typeof spec['serviceAccountName'] === 'string') defaultTo(spec, 'serviceAccount', spec['serviceAccountName']);
  for (const volume of mapsAt(spec, 'volumes')) volumeDefaults(volume);
  for (const field of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const container of mapsAt(spec, field)) containerDefaults(container);
  }
}

/** What a pod derives from its own spec; a template leaves that to its pods. */
function derived(spec: Plain): void {
  for (const container of CONTAINERS.flatMap((field) => mapsAt(spec, field))) {
    if (spec['hostNetwork'] === true) {
      for (const port of mapsAt(container, 'ports')) defaultTo(port, 'hostPort', port['containerPort']);
    }
    // What is limited is requested, unless something else is requested.
    const resources = mapAt(container, 'resources');
    if (resources['limits'] === undefined) continue;
    const requests = { ...mapAt(resources, 'requests') };
    for (const [name, limit] of Object.entries(mapAt(resources, 'limits'))) defaultTo(requests, name, limit);
    resources['requests'] = requests;
  }
}

function containerDefaults(container: Plain): void {
  defaultTo(container, 'terminationMessagePath', '/dev/termination-log');
  defaultTo(container, 'terminationMessagePolicy', 'File');
  defaultTo(container, 'imagePullPolicy', pullPolicy(container['image']));
  for (const port of mapsAt(container, 'ports')) defaultTo(port, 'protocol', 'TCP');
  for (const env of mapsAt(container, 'env')) {
    const source = mapAt(env, 'valueFrom');
    const reference = mapAt(source, 'fieldRef');
    if (source['fieldRef'] !== undefined) defaultTo(reference, 'apiVersion', 'v1');
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (container[name] === undefined) continue;
    const probe = mapAt(container, name);
    defaultTo(probe, 'timeoutSeconds', 1);
    defaultTo(probe, 'periodSeconds', 10);
    defaultTo(probe, 'successThreshold', 1);
    defaultTo(probe, 'failureThreshold', 3);
    if (probe['httpGet'] !== undefined) {
      defaultTo(mapAt(probe, 'httpGet'), 'scheme', 'HTTP');
      defaultTo(mapAt(probe, 'httpGet'), 'path', '/');
    }
  }
}

function pullPolicy(image: unknown): string {
  const text = typeof image === 'string' ? image : '';
  const tag = /:([\w.-]+)$/.exec(text.replace(/@sha256:.*$/, ''))?.[1];
  if (text.includes('@')) return 'IfNotPresent';
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function volumeDefaults(volume: Plain): void {
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  if (sources.length === 0) volume['emptyDir'] = {};
  for (const [source, mode] of [
    ['secret', 'defaultMode'],
    ['configMap', 'defaultMode'],
    ['downwardAPI', 'defaultMode'],
    ['projected', 'defaultMode'],
  ] as const) {
    if (volume[source] !== undefined) defaultTo(mapAt(volume, source), mode, 420);
  }
  if (volume['hostPath'] !== undefined) defaultTo(mapAt(volume, 'hostPath'), 'type', '');
  for (const source of mapsAt(mapAt(volume, 'projected'), 'sources')) {
    if (source['serviceAccountToken'] !== undefined) {
      defaultTo(mapAt(source, 'serviceAccountToken'), 'expirationSeconds', 3600);
    }
    for (const item of mapsAt(mapAt(source, 'downwardAPI'), 'items')) {
      if (item['fieldRef'] !== undefined) defaultTo(mapAt(item, 'fieldRef'), 'apiVersion', 'v1');
    }
  }
}

/** Rules of a pod spec at `path`. */
export function validatePodSpec(spec: Plain, path: string, policies: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const containers = mapsAt(spec, 'containers');
  if (containers.length === 0) errors.push(required(`${path}.containers`));
  const names = new Set<unknown>();
  for (const field of ['initContainers', 'containers'] as const) {
    for (const [index, container] of mapsAt(spec, field).entries()) {
      const at = `${path}.${field}[${index}]`;
      const name = typeof container['name'] === 'string' ? container['name'] : '';
      const fault = labelFault(name);
      if (name === '') errors.push(required(`${at}.name`));
      else if (fault !== undefined) errors.push(invalid(`${at}.name`, name, fault));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
      if ((container['image'] ?? '') === '' && path !== 'spec.template.spec') errors.push(required(`${at}.image`));
      else if ((container['image'] ?? '') === '') errors.push(required(`${at}.image`));
      for (const [portIndex, port] of mapsAt(container, 'ports').entries()) {
        if (typeof port['containerPort'] !== 'number' || port['containerPort'] === 0) {
          errors.push(required(`${at}.ports[${portIndex}].containerPort`));
        }
      }
    }
  }
  if (!policies.includes(String(spec['restartPolicy']))) {
    errors.push(notSupported(`${path}.restartPolicy`, spec['restartPolicy'], policies));
  }
  return errors;
}

const MUTABLE_SPEC = ['activeDeadlineSeconds', 'terminationGracePeriodSeconds', 'tolerations'];

function withoutImage(container: Plain): Plain {
  const { image: _, ...rest } = container;
  return rest;
}

/** Fields of a running pod that stay as they are. */
function validatePodUpdate(pod: KubeObject, old: KubeObject): FieldError[] {
  const changed = CONTAINERS.find(
    (field) => mapsAt(mapAt(pod, 'spec'), field).length !== mapsAt(mapAt(old, 'spec'), field).length,
  );
  if (changed !== undefined) return [forbidden(`spec.${changed}`, 'pod updates may not add or remove containers')];
  const strip = (object: KubeObject): unknown => {
    const spec: Plain = { ...mapAt(object, 'spec') };
    for (const field of MUTABLE_SPEC) delete spec[field];
    for (const field of CONTAINERS) {
      if (spec[field] !== undefined) spec[field] = mapsAt(spec, field).map(withoutImage);
    }
    return spec;
  };
  if (equalJson(strip(pod), strip(old))) return [];
  return [
    forbidden(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ];
}

function qosClass(spec: Plain): string {
  const all = mapsAt(spec, 'containers').map((container) => mapAt(container, 'resources'));
  const isBestEffort = all.every(
    (resources) => resources['limits'] === undefined && resources['requests'] === undefined,
  );
  if (isBestEffort) return 'BestEffort';
  const isGuaranteed = all.every((resources) =>
    ['cpu', 'memory'].every((name) => {
      const limit = mapAt(resources, 'limits')[name];
      return limit !== undefined && equalJson(limit, mapAt(resources, 'requests')[name]);
    }),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}

/** The DefaultTolerationSeconds admission plugin. */
function addTolerations(spec: Plain): void {
  const tolerations = mapsAt(spec, 'tolerations');
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const isTolerated = tolerations.some(
      (item) =>
        (item['key'] === key || (item['key'] ?? '') === '') &&
        (item['effect'] === 'NoExecute' || (item['effect'] ?? '') === ''),
    );
    if (!isTolerated) tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  }
  spec['tolerations'] = tolerations;
}

export const pods = strategy({
  hasGeneration: true,
  defaults: (pod) => {
    const spec = mapAt(pod, 'spec');
    podSpecDefaults(spec);
    derived(spec);
    defaultTo(spec, 'enableServiceLinks', true);
    const status = mapAt(pod, 'status');
    const address = status['podIP'];
    if (typeof address === 'string' && address !== '') defaultTo(status, 'podIPs', [{ ip: address }]);
  },
  prepareCreate: (pod) => {
    pod['status'] = { phase: 'Pending', qosClass: qosClass(mapAt(pod, 'spec')) };
    const spec = mapAt(pod, 'spec');
    // The Priority admission plugin.
    defaultTo(spec, 'priority', 0);
    defaultTo(spec, 'preemptionPolicy', 'PreemptLowerPriority');
    addTolerations(spec);
  },
  prepareUpdate: (pod) => addTolerations(mapAt(pod, 'spec')),
  validate: (pod, old) => {
    const errors = validatePodSpec(mapAt(pod, 'spec'), 'spec', ['Always', 'OnFailure', 'Never']);
    if (old !== undefined) errors.push(...validatePodUpdate(pod, old));
    return errors;
  },
  // A pod that nobody runs goes at once; a running one waits for its kubelet.
  gracePeriod: (pod, requested) => {
    const spec = mapAt(pod, 'spec');
    const phase = mapAt(pod, 'status')['phase'];
    if ((spec['nodeName'] ?? '') === '' || phase === 'Failed' || phase === 'Succeeded') return 0;
    const configured = spec['terminationGracePeriodSeconds'];
    return requested ?? (typeof configured === 'number' ? configured : 30);
  },
});
