import { ApiObject, Chart, Duration, JsonPatch, Size } from 'cdk8s';
import {
  Cpu,
  Deployment,
  DeploymentStrategy,
  LabelSelector,
  Namespace,
  Pods,
  Probe,
  Service,
  ServiceAccount,
  Volume,
} from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { reconcilerRules } from './cluster-role';
import { managementCrds } from './crds';

/** Where the reconciler runs; the name upstream's CAPC uses for its own is `capc-system`. */
export const MANAGEMENT_NAMESPACE = 'capstan-system';
const NAME = 'capstan-reconciler';
const WEBHOOK_SERVICE = 'capstan-webhook';
const WEBHOOK_PORT = 9443;
const DIAGNOSTICS_PORT = 8080;
const POD_LABELS = { 'app.kubernetes.io/name': 'capstan', 'app.kubernetes.io/component': 'reconciler' };

export interface ManagementChartProps {
  /** Image of the reconciler: this package, started as `capstan run`. */
  readonly image: string;
  /** Loops that run. @default - all; beside an upstream Cluster API `['gitops', 'infrastructure']` */
  readonly loops?: readonly string[];
  /** @default 2, one of which leads */
  readonly replicas?: number;
  /** Whether the CustomResourceDefinitions are rendered; the reconciler installs them as well. @default true */
  readonly crds?: boolean;
}

/**
 * The management side: Namespace, CRDs, ServiceAccount, ClusterRole with its binding, webhook Service, Deployment and
 * PodDisruptionBudget.
 */
export class ManagementChart extends Chart {
  constructor(scope: Construct, id: string, props: ManagementChartProps) {
    super(scope, id, { disableResourceNameHashes: true, labels: { 'app.kubernetes.io/name': 'capstan' } });
    new Namespace(this, 'namespace', { metadata: { name: MANAGEMENT_NAMESPACE } });
    const webhook = { namespace: MANAGEMENT_NAMESPACE, name: WEBHOOK_SERVICE };
    const crds = props.crds === false ? [] : managementCrds(props.loops, webhook);
    for (const { apiVersion, kind, metadata, spec } of crds) {
      const { name, labels = {}, annotations = {} } = metadata;
      new ApiObject(this, `crd-${name}`, { apiVersion, kind, metadata: { name, labels, annotations }, spec });
    }
    new ServiceAccount(this, 'account', {
      metadata: { name: NAME, namespace: MANAGEMENT_NAMESPACE },
      automountToken: true,
    });
    new ApiObject(this, 'role', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: NAME },
      rules: reconcilerRules,
    });
    new ApiObject(this, 'binding', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: NAME },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: MANAGEMENT_NAMESPACE }],
    });
    const reconcilers = Pods.select(this, 'reconcilers', { labels: POD_LABELS });
    this.#deployment(props, reconcilers);
    // A drain of nodes moves one after the other, so that another can take over the lead and answer the webhooks.
    new ApiObject(this, 'disruption-budget', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: NAME, namespace: MANAGEMENT_NAMESPACE },
      spec: { maxUnavailable: 1, selector: { matchLabels: POD_LABELS } },
    });
    new Service(this, 'webhook', {
      metadata: { name: WEBHOOK_SERVICE, namespace: MANAGEMENT_NAMESPACE },
      selector: reconcilers,
      ports: [{ name: 'webhook', port: 443, targetPort: WEBHOOK_PORT }],
    });
  }

  #deployment(props: ManagementChartProps, reconcilers: Pods): void {
    const loops = props.loops === undefined ? [] : [`--loops=${props.loops.join(',')}`];
    const deployment = new Deployment(this, 'deployment', {
      metadata: { name: NAME, namespace: MANAGEMENT_NAMESPACE },
      replicas: props.replicas ?? 2,
      serviceAccount: ServiceAccount.fromServiceAccountName(this, 'account-reference', NAME, {
        namespaceName: MANAGEMENT_NAMESPACE,
      }),
      automountServiceAccountToken: true,
      // A selector cannot be changed later, so it does not come from the names of constructs.
      select: false,
      podMetadata: { labels: POD_LABELS },
      strategy: DeploymentStrategy.rollingUpdate(),
    });
    deployment.select(LabelSelector.of({ labels: POD_LABELS }));
    // Preferred only: a management cluster may have a single node.
    deployment.scheduling.separate(reconcilers, { weight: 100 });
    deployment.addContainer({
      name: 'manager',
      image: props.image,
      args: [
        'run',
        '--leader-elect',
        `--webhook-service=${MANAGEMENT_NAMESPACE}/${WEBHOOK_SERVICE}`,
        `--diagnostics-port=${DIAGNOSTICS_PORT}`,
        ...loops,
      ],
      ports: [
        { name: 'webhook', number: WEBHOOK_PORT },
        { name: 'metrics', number: DIAGNOSTICS_PORT },
      ],
      liveness: Probe.fromHttpGet('/healthz', { port: DIAGNOSTICS_PORT, periodSeconds: Duration.seconds(20) }),
      readiness: Probe.fromHttpGet('/readyz', { port: DIAGNOSTICS_PORT, periodSeconds: Duration.seconds(5) }),
      resources: {
        cpu: { request: Cpu.millis(100), limit: Cpu.units(2) },
        memory: { request: Size.mebibytes(128), limit: Size.gibibytes(2) },
      },
      securityContext: { user: 65532, group: 65532 },
      // The root file system is read-only; clones of the Fleets' repositories live here.
      volumeMounts: [{ path: '/tmp', volume: Volume.fromEmptyDir(this, 'temporary', 'temporary') }],
    });
    // What namespaces with the restricted Pod Security Standard ask for besides, and cdk8s-plus has no props for.
    const security = '/spec/template/spec/containers/0/securityContext';
    ApiObject.of(deployment).addJsonPatch(
      JsonPatch.add(`${security}/capabilities`, { drop: ['ALL'] }),
      JsonPatch.add(`${security}/seccompProfile`, { type: 'RuntimeDefault' }),
    );
  }
}
