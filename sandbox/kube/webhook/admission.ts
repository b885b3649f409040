import { messageOf } from '../../../machinery/errors';
import { isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { jsonPatch } from '../patch/json-patch';
import { groupVersion } from '../registry/resource';
import type { Admission } from '../rest/admission';
import type { AdmissionRequest, Core } from '../rest/core';
import { decodeFields } from '../rest/decode';
import { internalError, Refusal } from '../rest/refusal';
import type { WebhookCaller } from './caller';
import { type Webhook, wantedVersion, webhooksOf } from './matching';

/** Asks the webhooks of Mutating- and ValidatingWebhookConfigurations. */
export class WebhookAdmission implements Admission {
  constructor(
    private readonly core: () => Core,
    private readonly call: WebhookCaller,
  ) {}

  async mutate(request: AdmissionRequest): Promise<KubeObject | undefined> {
    let object = request.object;
    for (const { webhook, version } of this.#wanted(request, 'mutatingwebhookconfigurations')) {
      object = await this.#mutateBy(webhook, version, { ...request, object });
    }
    return object;
  }

  async validate(request: AdmissionRequest): Promise<void> {
    const asked = this.#wanted(request, 'validatingwebhookconfigurations');
    // All are asked at the same time; the first refusal in order counts.
    const answers = asked.map(({ webhook, version }) => this.#ask(webhook, version, request));
    await Promise.allSettled(answers);
    for (const answer of answers) await answer;
  }

  #wanted(request: AdmissionRequest, kind: string): { webhook: Webhook; version: string }[] {
    // A configuration that refuses everything must stay changeable.
    if (request.target.resource.group === 'admissionregistration.k8s.io') return [];
    return webhooksOf(this.core(), kind).flatMap((webhook) => {
      const version = wantedVersion(this.core(), webhook, request);
      return version === undefined ? [] : [{ webhook, version }];
    });
  }

  async #mutateBy(webhook: Webhook, version: string, request: AdmissionRequest): Promise<KubeObject | undefined> {
    const { resource } = request.target;
    const response = await this.#ask(webhook, version, request);
    const patch = response?.['patch'];
    if (typeof patch !== 'string' || request.object === undefined) return request.object;
    const operations: unknown = JSON.parse(Buffer.from(patch, 'base64').toString('utf8'));
    const seen = await resource.convert(request.object, groupVersion(resource.group, version));
    const patched = jsonPatch(seen, Array.isArray(operations) ? operations : []) as KubeObject;
    const served = resource.versions.find((candidate) => candidate.name === version);
    const decoded =
      served === undefined ? patched : decodeFields(patched, { resource, version: served }, { faults: [] });
    return resource.convert(decoded, request.object.apiVersion);
  }

  /** The webhook's response when it allows the request, undefined when it could not be asked and need not be. */
  async #ask(
    webhook: Webhook,
    version: string,
    request: AdmissionRequest,
  ): Promise<{ [key: string]: unknown } | undefined> {
    const core = this.core();
    let answer: unknown;
    try {
      const review = await reviewOf(core, version, request);
      answer = await core.clock.hold(this.call(webhook.clientConfig, review, webhook.timeoutSeconds * 1000));
    } catch (error) {
      if (webhook.failurePolicy === 'Ignore') return undefined;
      throw internalError(
        `failed calling webhook ${JSON.stringify(webhook.name)}: failed to call webhook: ${messageOf(error)}`,
      );
    }
    const response = isJsonObject(answer) ? answer['response'] : undefined;
    if (!isJsonObject(response)) {
      if (webhook.failurePolicy === 'Ignore') return undefined;
      throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: expected response in the answer`);
    }
    const warnings = response['warnings'];
    if (Array.isArray(warnings)) request.warnings.push(...warnings.map(String));
    if (response['allowed'] !== true) throw denied(webhook.name, response['status']);
    return response;
  }
}

async function reviewOf(core: Core, version: string, request: AdmissionRequest): Promise<object> {
  const { target, operation, user, object, oldObject, dryRun, options } = request;
  const { resource } = target;
  const { group } = resource;
  const apiVersion = groupVersion(group, version);
  const shown = async (state: KubeObject | undefined) =>
    state === undefined ? null : resource.convert(state, apiVersion);
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: core.random.uuid(),
      kind: { group, version, kind: resource.kind },
      resource: { group, version, resource: resource.resource },
      ...(target.subresource === '' ? {} : { subResource: target.subresource }),
      requestKind: { group, version: target.version.name, kind: resource.kind },
      requestResource: { group, version: target.version.name, resource: resource.resource },
      ...(target.subresource === '' ? {} : { requestSubResource: target.subresource }),
      ...(target.name === '' ? {} : { name: target.name }),
      ...(target.namespace === '' ? {} : { namespace: target.namespace }),
      operation,
      userInfo: { username: user.username, groups: user.groups, ...(user.uid === undefined ? {} : { uid: user.uid }) },
      object: await shown(object),
      oldObject: await shown(oldObject),
      dryRun,
      options,
    },
  };
}

/** A webhook's no, with its own status where it gives one. */
function denied(name: string, status: unknown): Refusal {
  const given = isJsonObject(status) ? status : {};
  const who = `admission webhook ${JSON.stringify(name)} denied the request`;
  const { message, reason, code, details } = given;
  const why = typeof message === 'string' && message !== '' ? message : typeof reason === 'string' ? reason : '';
  return new Refusal({
    code: typeof code === 'number' && code >= 400 ? code : 400,
    reason: typeof reason === 'string' ? reason : '',
    message: why === '' ? `${who} without explanation` : `${who}: ${why}`,
    ...(isJsonObject(details) ? { details } : {}),
  });
}

/** Both, one after the other. */
export const inOrder = (first: Admission, second: Admission): Admission => ({
  async mutate(request) {
    const object = await first.mutate(request);
    return second.mutate({ ...request, object });
  },
  async validate(request) {
    await first.validate(request);
    await second.validate(request);
  },
});
