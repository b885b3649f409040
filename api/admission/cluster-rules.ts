/** Admission of Clusters (`capi.md` 2.1). */
import { tryParseCidr } from '../../machinery/cidr';
import { isLabelValue } from '../../machinery/label-values';
import type { Cluster } from '../kinds';
import type { Problem } from '../schema';
import { forbidden, invalid, required } from './findings';

export function clusterProblems(cluster: Cluster, old: Cluster | undefined): Problem[] {
  return [...nameProblems(cluster), ...refProblems(cluster, old), ...networkProblems(cluster)];
}

/** The name is written into labels of everything that belongs to the cluster. */
function nameProblems({ metadata: { name } }: Cluster): Problem[] {
  if (name === undefined || isLabelValue(name)) return [];
  return [invalid('metadata.name', name, 'must fit into a label', 'use at most 63 characters')];
}

function refProblems({ spec }: Cluster, old: Cluster | undefined): Problem[] {
  const problems: Problem[] = [];
  const hasNone =
    spec.controlPlaneRef === undefined && spec.infrastructureRef === undefined && spec.topology === undefined;
  // What was there before cannot be removed, which the schema says.
  if (hasNone && old === undefined) {
    problems.push(required('spec.infrastructureRef', 'is required', 'set infrastructureRef and controlPlaneRef'));
  }
  if (spec.topology !== undefined && old?.spec.topology === undefined) {
    problems.push(
      forbidden('spec.topology', 'is not supported', 'describe control plane and pools by their own objects'),
    );
  }
  return problems;
}

function networkProblems({ spec }: Cluster): Problem[] {
  return (['services', 'pods'] as const).flatMap((network) =>
    (spec.clusterNetwork?.[network]?.cidrBlocks ?? []).flatMap((block, index) =>
      tryParseCidr(block) === undefined
        ? [
            invalid(
              `spec.clusterNetwork.${network}.cidrBlocks[${index}]`,
              block,
              'is not a range',
              'write it like 10.0.0.0/16',
            ),
          ]
        : [],
    ),
  );
}
