import type { Node } from '../../../api/kinds';
import type { ConditionReport } from '../../../machinery/conditions';
import { Reason, Type } from '../conditions/reasons';

/** What a Machine says about its Node: NodeReady and NodeHealthy (`capi.md` 2.2). Pure. */

export interface NodeFacts {
  readonly clusterInfrastructureProvisioned: boolean;
  readonly controlPlaneInitialized: boolean;
  readonly machineDeleting: boolean;
  readonly connected: boolean;
  /** Nothing was heard from the workload cluster for longer than the grace period. */
  readonly graceOver: boolean;
  /** RFC 3339; undefined: never. */
  readonly lastProbe: string | undefined;
  readonly infrastructureKind: string;
  readonly providerId: string | undefined;
  /** `status.nodeRef.name`: the Node was seen once. */
  readonly nodeRef: string | undefined;
  readonly node: Node | undefined;
}

/** Both reports, or undefined when what was said before shall stand. */
export function nodeReports(facts: NodeFacts): ConditionReport[] | undefined {
  if (!facts.clusterInfrastructureProvisioned) {
    return both('Unknown', Reason.inspectionFailed, 'Waiting for Cluster status.infrastructureReady to be true');
  }
  if (!facts.controlPlaneInitialized) {
    return both('Unknown', Reason.inspectionFailed, 'Waiting for Cluster control plane to be initialized');
  }
  if (facts.node !== undefined) return reportsOf(facts.node);
  if (facts.nodeRef === undefined) return beforeNode(facts);
  if (!facts.connected) {
    if (!facts.graceOver) return undefined;
    const when = facts.lastProbe === undefined ? '' : `Last successful probe at ${facts.lastProbe}`;
    return both('Unknown', Reason.connectionDown, when === '' ? 'Remote connection not established' : when);
  }
  const unexpected = facts.machineDeleting ? '' : ' while the machine still exists';
  return both('False', Reason.nodeDeleted, `Node ${facts.nodeRef} has been deleted${unexpected}`);
}

function beforeNode(facts: NodeFacts): ConditionReport[] {
  if (facts.machineDeleting) return both('Unknown', Reason.nodeDoesNotExist, 'Node does not exist');
  if (facts.providerId === undefined) {
    const message = `Waiting for ${facts.infrastructureKind} to report spec.providerID`;
    return both('Unknown', Reason.inspectionFailed, message);
  }
  const message = `Waiting for a Node with spec.providerID ${facts.providerId} to exist`;
  return both('Unknown', Reason.inspectionFailed, message);
}

function both(status: 'False' | 'Unknown', reason: string, message: string): ConditionReport[] {
  return [
    { type: Type.nodeHealthy, status, reason, message },
    { type: Type.nodeReady, status, reason, message },
  ];
}

/** Conditions of a Node that are good when False. */
const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure'];

function reportsOf(node: Node): ConditionReport[] {
  const conditions = node.status?.conditions ?? [];
  const issues: string[] = [];
  const unknowns: string[] = [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  const readyLine = `* Node.Ready: ${ready === undefined ? 'Condition not yet reported' : ready.message || ready.reason}`;
  if (ready === undefined || ready.status === 'Unknown') unknowns.push(readyLine);
  else if (ready.status === 'False') issues.push(readyLine);
  for (const type of PRESSURES) {
    const condition = conditions.find((candidate) => candidate.type === type);
    if (condition === undefined) continue;
    const line = `* Node.${type}: ${condition.message || condition.reason}`;
    if (condition.status === 'True') issues.push(line);
    else if (condition.status === 'Unknown') unknowns.push(line);
  }
  return [healthReport(issues, unknowns), readyReport(ready?.status, readyLine)];
}

function healthReport(issues: readonly string[], unknowns: readonly string[]): ConditionReport {
  const message = [...issues, ...unknowns].join('\n');
  if (issues.length > 0) return { type: Type.nodeHealthy, status: 'False', reason: Reason.nodeNotHealthy, message };
  if (unknowns.length > 0) {
    return { type: Type.nodeHealthy, status: 'Unknown', reason: Reason.nodeHealthUnknown, message };
  }
  return { type: Type.nodeHealthy, status: 'True', reason: Reason.nodeHealthy };
}

function readyReport(status: string | undefined, message: string): ConditionReport {
  if (status === 'True') return { type: Type.nodeReady, status: 'True', reason: Reason.nodeReady };
  if (status === 'False') return { type: Type.nodeReady, status: 'False', reason: Reason.nodeNotReady, message };
  return { type: Type.nodeReady, status: 'Unknown', reason: Reason.nodeReadyUnknown, message };
}
