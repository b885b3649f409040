/** The admission webhooks as pure functions: AdmissionReview in, AdmissionReview out. */
import { equalJson, isJsonObject } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';
import { describeObject } from '../../machinery/kube-object';
import { type AdmissionRequest, admit, type Cause } from './admit';

export interface AdmissionReview {
  readonly apiVersion: string;
  readonly kind: 'AdmissionReview';
  readonly request?: (AdmissionRequest & { readonly uid: string; readonly name?: string }) | undefined;
  readonly response?: AdmissionResponse | undefined;
}

export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patchType?: 'JSONPatch';
  /** JSON patch in base64. */
  readonly patch?: string;
  readonly status?: {
    readonly code: number;
    readonly reason: string;
    readonly message: string;
    readonly details?: { readonly name?: string; readonly kind?: string; readonly causes: readonly Cause[] };
  };
}

/** The mutating webhook: defaults, never a refusal. */
export function reviewMutation(review: AdmissionReview): AdmissionReview {
  return answer(review, (request) => {
    const object = request.object ?? undefined;
    const patch = object === undefined ? [] : patchBetween(object, admit(request).object);
    if (patch.length === 0) return { uid: request.uid, allowed: true };
    const text = Buffer.from(JSON.stringify(patch)).toString('base64');
    return { uid: request.uid, allowed: true, patchType: 'JSONPatch', patch: text };
  });
}

/** The validating webhook. */
export function reviewValidation(review: AdmissionReview): AdmissionReview {
  return answer(review, (request) => {
    const { allowed, object, causes } = admit(request);
    if (allowed || object === undefined) return { uid: request.uid, allowed: true };
    const message = `${describeObject(object)} is invalid: ${causes.map((cause) => `${cause.field}: ${cause.message}`).join(', ')}`;
    const details = { name: object.metadata.name, kind: object.kind, causes };
    return { uid: request.uid, allowed: false, status: { code: 422, reason: 'Invalid', message, details } };
  });
}

function answer(
  review: AdmissionReview,
  respond: (request: NonNullable<AdmissionReview['request']>) => AdmissionResponse,
): AdmissionReview {
  const { apiVersion, request } = review;
  const response = request === undefined ? { uid: '', allowed: true } : respond(request);
  return { apiVersion, kind: 'AdmissionReview', response };
}

/**
 * Defaults touch spec and labels alone. A request in an old version is left as it is: its object is defaulted when it
 * is next written in the hub version, and by the loops themselves.
 */
function patchBetween(before: KubeObject, after: KubeObject | undefined): object[] {
  if (after === undefined || after.apiVersion !== before.apiVersion) return [];
  const patch: object[] = [];
  if (!equalJson(before['spec'], after['spec'])) patch.push({ op: 'add', path: '/spec', value: after['spec'] });
  if (!equalJson(before.metadata.labels, after.metadata.labels)) {
    patch.push({ op: 'add', path: '/metadata/labels', value: after.metadata.labels });
  }
  return patch;
}

/** Whether a request body is an AdmissionReview. */
export function isAdmissionReview(value: unknown): value is AdmissionReview {
  return isJsonObject(value) && value['kind'] === 'AdmissionReview' && isJsonObject(value['request']);
}
