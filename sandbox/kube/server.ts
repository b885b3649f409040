import type { KubeApi } from '../../api/ports/kube-api';
import type { Log } from '../../api/ports/objects';
import { type Clock, kubeTime } from '../../machinery/clock';
import type { KubeObject } from '../../machinery/kube-object';
import type { Random } from '../../machinery/random';
import type { Journal } from '../ports';
import { type Authorize, InProcessApi } from './api';
import { createBootstrapRoles } from './authz/bootstrap';
import { denial, isAllowed } from './authz/rbac';
import { ServiceAccountTokens } from './authz/service-account-tokens';
import { builtinResources } from './builtins/catalog';
import { CrdController } from './crd/controller';
import { type ConvertObject, relabel } from './crd/definition';
import type { CustomResourceDefinition } from './crd/shape';
import { Engine } from './engine';
import { GarbageCollector } from './gc/collector';
import { NamespaceController } from './gc/namespaces';
import { type Listener, type ListenOptions, listen } from './http/listen';
import { Registry } from './registry/registry';
import { type Admission, admitAll } from './rest/admission';
import { ADMINISTRATOR, type Core, type User } from './rest/core';
import { forbiddenRequest } from './rest/refusal';
import { Store } from './store/store';
import { inOrder, WebhookAdmission } from './webhook/admission';
import { callOverHttps, type WebhookCaller } from './webhook/caller';
import { webhookConversion } from './webhook/conversion';

export interface KubeServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Keeps the state; absent: it lives as long as the process. */
  readonly journal?: Journal | undefined;
  readonly log?: Log | undefined;
  /**
   * Conversion between versions of a CRD, by the CRD's name, in place of the webhook it names.
   * @default - what the CRD says: its webhook, or only `apiVersion` changes
   */
  readonly conversions?: { readonly [crdName: string]: ConvertObject } | undefined;
  /** @default - everything is admitted */
  readonly admission?: Admission | undefined;
  /** How webhooks named by CRDs and webhook configurations are asked. @default - HTTPS to `clientConfig.url` */
  readonly webhooks?: WebhookCaller | undefined;
  /** Changes kept per resource for watches and pages; older ones answer 410. @default 10000 */
  readonly history?: number | undefined;
  /** User agent of in-process callers: the default field manager of their writes. @default 'manager' */
  readonly userAgent?: string | undefined;
}

/** A Kubernetes API server in this process. */
export interface KubeServer {
  /** The API as a user sees it, without sockets. @default the administrator, who may do everything */
  api(user?: User, userAgent?: string): KubeApi;
  /** Verbs on resolved targets, for adapters. */
  readonly engine: Engine;
  /** Serves the same state over HTTPS. */
  listen(options: ListenOptions): Promise<Listener>;
  /** Drops the history: older watches and pages answer 410. */
  compact(): void;
  close(): void;
}

/** Namespaces every cluster has. */
const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** Starts a server: builtin kinds are served, what the journal holds is there, controllers run. */
export function createKubeServer(options: KubeServerOptions): KubeServer {
  const registry = new Registry();
  for (const resource of builtinResources()) registry.add(resource);
  const store = new Store({ journal: options.journal, history: options.history });
  const callWebhook = options.webhooks ?? callOverHttps;
  const core: Core = {
    clock: options.clock,
    random: options.random,
    store,
    registry,
    admission: inOrder(options.admission ?? admitAll, new WebhookAdmission(() => core, callWebhook)),
    log: options.log,
  };
  createSystemNamespaces(core);
  createBootstrapRoles(core);
  const tokens = new ServiceAccountTokens(core);
  const converterFor = (definition: CustomResourceDefinition): ConvertObject =>
    options.conversions?.[definition.metadata.name] ??
    (definition.spec.conversion?.strategy === 'Webhook' ? webhookConversion(core, definition, callWebhook) : relabel);
  new CrdController(core, converterFor).start();
  new GarbageCollector(core).start();
  new NamespaceController(core).start();
  const engine = new Engine(
    core,
    (token) => tokens.review(token),
    (caller, target, body, options) => tokens.issue(caller, target, body, options),
  );
  const authorize: Authorize = (user, { verb, target }) => {
    const { resource, namespace, name = '', subresource = '' } = target;
    const request = { user, verb, group: resource.group, resource: resource.resource, subresource, namespace, name };
    if (!isAllowed(core, request)) throw forbiddenRequest(resource, name, denial(request));
  };
  return {
    engine,
    api: (user = ADMINISTRATOR, userAgent = options.userAgent ?? 'manager') =>
      new InProcessApi(engine, user, userAgent, authorize),
    listen: (listenOptions) =>
      listen(engine, (token) => listenOptions.token?.(token) ?? tokens.review(token), listenOptions, options.log),
    compact: () => store.compact(),
    close: () => store.close(),
  };
}

function createSystemNamespaces({ store, clock, random }: Core): void {
  for (const name of SYSTEM_NAMESPACES) {
    if (store.get('/namespaces', { namespace: '', name }) !== undefined) continue;
    const namespace: KubeObject = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name,
        uid: random.uuid(),
        creationTimestamp: kubeTime(clock),
        labels: { 'kubernetes.io/metadata.name': name },
      },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    };
    store.put('/namespaces', namespace, undefined);
  }
}
