import { valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import {
  fieldAt,
  NAME,
  NAME_AND_NAMESPACE,
  type SelectableFields,
  selectableFields,
} from '../registry/selectable-fields';

/** What selectors may say of most kinds. */
const PLAIN = selectableFields(
  NAME_AND_NAMESPACE,
  {},
  (field) => `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
);

const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** Who reports an Event, by either name. */
function sourceOf(event: KubeObject): string {
  const component = valueAt(event, 'source', 'component') ?? '';
  return component === '' ? fieldAt('reportingComponent')(event) : String(component);
}

const SELECTABLE: { readonly [resource: string]: SelectableFields } = {
  '/pods': selectableFields(
    [
      ...NAME_AND_NAMESPACE,
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ],
    {
      'spec.host': fieldAt('spec.nodeName'),
      'spec.hostNetwork': fieldAt('spec.hostNetwork', 'false'),
      // May be named, and is never read.
      'status.podIPs': () => '',
    },
  ),
  '/nodes': selectableFields(NAME, { 'spec.unschedulable': fieldAt('spec.unschedulable', 'false') }),
  '/namespaces': selectableFields([...NAME, 'status.phase']),
  '/secrets': selectableFields([...NAME_AND_NAMESPACE, 'type']),
  '/services': selectableFields([...NAME_AND_NAMESPACE, 'spec.clusterIP', 'spec.type']),
  '/replicationcontrollers': selectableFields(NAME_AND_NAMESPACE, {
    'status.replicas': fieldAt('status.replicas', '0'),
  }),
  // Events are stored as those of the core group.
  '/events': selectableFields(
    [
      ...NAME_AND_NAMESPACE,
      ...INVOLVED.map((name) => `involvedObject.${name}`),
      'reason',
      'reportingComponent',
      'type',
    ],
    { source: sourceOf },
  ),
  'events.k8s.io/events': selectableFields([...NAME_AND_NAMESPACE, 'reason', 'type'], {
    ...Object.fromEntries(INVOLVED.map((name) => [`regarding.${name}`, fieldAt(`involvedObject.${name}`)])),
    reportingController: fieldAt('reportingComponent'),
  }),
  'batch/jobs': selectableFields(
    NAME_AND_NAMESPACE,
    { 'status.successful': fieldAt('status.succeeded', '0') },
    (field) => `field label ${JSON.stringify(field)} not supported for Job`,
  ),
};

/** The fields of a builtin kind that selectors may name, by `group/resource`. */
export const builtinSelectable = (id: string): SelectableFields => SELECTABLE[id] ?? PLAIN;
