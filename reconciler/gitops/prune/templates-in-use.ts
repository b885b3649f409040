import { isJsonObject, valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { CLONED_FROM_GROUP_KIND, CLONED_FROM_NAME } from '../../../machinery/template-clone';

/**
 * Templates (`Kind namespace/name`) that must stay: those a control plane, MachineDeployment or MachineSet with machines
 * refers to, and those that machines were cloned from (a scale-up of the old MachineSet would need them again).
 */
export function templatesInUse(objects: Iterable<KubeObject>): Set<string> {
  const used = new Set<string>();
  for (const object of objects) {
    const namespace = object.metadata.namespace ?? '';
    for (const reference of references(object)) {
      if (isJsonObject(reference)) used.add(`${String(reference['kind'])} ${namespace}/${String(reference['name'])}`);
    }
    const name = object.metadata.annotations?.[CLONED_FROM_NAME];
    const kind = object.metadata.annotations?.[CLONED_FROM_GROUP_KIND]?.split('.')[0];
    if (name !== undefined && kind !== undefined) used.add(`${kind} ${namespace}/${name}`);
  }
  return used;
}

function references(object: KubeObject): unknown[] {
  switch (object.kind) {
    case 'KubeadmControlPlane':
      return [valueAt(object, 'spec', 'machineTemplate', 'spec', 'infrastructureRef')];
    case 'MachineSet':
      // An old MachineSet without machines is only history: nothing is cloned for it any more.
      if (valueAt(object, 'spec', 'replicas') === 0 && (valueAt(object, 'status', 'replicas') ?? 0) === 0) return [];
      return templateReferences(object);
    case 'MachineDeployment':
      return templateReferences(object);
    default:
      return [];
  }
}

function templateReferences(object: KubeObject): unknown[] {
  return [
    valueAt(object, 'spec', 'template', 'spec', 'infrastructureRef'),
    valueAt(object, 'spec', 'template', 'spec', 'bootstrap', 'configRef'),
  ];
}
