import { CloudStackCluster, CloudStackFailureDomain, CloudStackMachineTemplate } from '../../../api/kinds';
import { type Controller, done, type Outcome, ownKind, requeueAfter } from '../../../api/ports';
import { cloneJson } from '../../../machinery/json';
import { isBeingDeleted, keyOf } from '../../../machinery/kube-object';
import { openCloud } from '../credentials';
import type { InfrastructureDeps } from '../deps';
import { faultOf } from '../faults';
import { Label } from '../names';
import { clusterNameOf, pausedBy } from '../scope';
import { capacityOf } from './capacity';

/** A name that leads nowhere is reported by the machines; here it is only tried again, seldom. */
const RETRY_MS = 10 * 60_000;

/** Says in a template's status what its machines will have, for autoscaling from zero. */
export function cloudStackMachineTemplateController(deps: InfrastructureDeps): Controller {
  const templatesOf = (namespace: string | undefined, cluster: string | undefined) =>
    deps.objects
      .list(CloudStackMachineTemplate, { namespace })
      .filter((template) => clusterNameOf(template) === cluster && template.status?.capacity === undefined);
  return {
    name: 'cloudstackmachinetemplate',
    watches: [
      ownKind(CloudStackMachineTemplate),
      {
        resource: CloudStackFailureDomain,
        keys: ({ object }) => {
          // Watched as CloudStackFailureDomain, so it is one.
          if ((object as CloudStackFailureDomain).status?.ready !== true) return [];
          return templatesOf(object.metadata.namespace, object.metadata.labels?.[Label.clusterName]).map(keyOf);
        },
      },
      { resource: CloudStackCluster, keys: () => [] },
    ],
    concurrency: 4,
    async reconcile(key): Promise<Outcome> {
      const template = deps.objects.get(CloudStackMachineTemplate, key);
      if (template === undefined || isBeingDeleted(template) || pausedBy(template, undefined) !== undefined)
        return done();
      // The spec cannot change: what was found once stays true.
      if (template.status?.capacity !== undefined) return done();
      const failureDomain = placeOf(deps, template);
      if (failureDomain === undefined) return done();
      try {
        const { template: inner } = template.spec;
        const cloud = await openCloud({ deps, object: template }, failureDomain.spec);
        const zoneId = failureDomain.spec.zone.id ?? '';
        const [offering, image] = await Promise.all([
          cloud.serviceOffering(inner.spec.offering, zoneId),
          cloud.template(inner.spec.template, zoneId),
        ]);
        const status = capacityOf(offering, image, inner.spec.details ?? {});
        if (status === undefined) return done();
        await deps.objects.patch(CloudStackMachineTemplate, template, { ...cloneJson(template), status });
        return done();
      } catch (error) {
        const { reason, message } = faultOf(error);
        deps.log.debug({ controller: 'cloudstackmachinetemplate', ...key, reason, error: message }, 'capacity unknown');
        return requeueAfter(RETRY_MS);
      }
    },
  };
}

/** A ready failure domain its machines may stand in. */
function placeOf(deps: InfrastructureDeps, template: CloudStackMachineTemplate): CloudStackFailureDomain | undefined {
  const cluster = clusterNameOf(template);
  if (cluster === undefined) return undefined;
  const pinned = template.spec.template.spec.failureDomainName ?? '';
  return deps.objects
    .list(CloudStackFailureDomain, {
      namespace: template.metadata.namespace,
      selector: { matchLabels: { [Label.clusterName]: cluster } },
    })
    .find((object) => object.status?.ready === true && (pinned === '' || object.spec.name === pinned));
}
