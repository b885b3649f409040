/** The conversion webhook as a pure function: ConversionReview in, ConversionReview out. */
import { messageOf } from '../../machinery/errors';
import { isJsonObject } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';
import { convert } from './convert';

export interface ConversionReview {
  readonly apiVersion: string;
  readonly kind: 'ConversionReview';
  readonly request?:
    | { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly KubeObject[] }
    | undefined;
  readonly response?:
    | {
        readonly uid: string;
        readonly result: { readonly status: 'Success' | 'Failed'; readonly message?: string };
        readonly convertedObjects?: readonly KubeObject[];
      }
    | undefined;
}

/** Answers a review. Never throws for a well-formed review: failures are told in the answer. */
export function reviewConversion(review: ConversionReview): ConversionReview {
  const { apiVersion, request } = review;
  const uid = request?.uid ?? '';
  const answer = (response: ConversionReview['response']): ConversionReview => ({
    apiVersion,
    kind: 'ConversionReview',
    response,
  });
  if (request === undefined) return answer({ uid, result: { status: 'Failed', message: 'the review has no request' } });
  try {
    const convertedObjects = request.objects.map((object) => convert(object, request.desiredAPIVersion));
    return answer({ uid, result: { status: 'Success' }, convertedObjects });
  } catch (error) {
    return answer({ uid, result: { status: 'Failed', message: messageOf(error) } });
  }
}

/** Whether a request body is a ConversionReview. */
export function isConversionReview(value: unknown): value is ConversionReview {
  return isJsonObject(value) && value['kind'] === 'ConversionReview' && isJsonObject(value['request']);
}
