import { messageOf } from '../../../machinery/errors';
import { isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import type { ConvertObject } from '../crd/definition';
import type { CustomResourceDefinition } from '../crd/shape';
import type { Core } from '../rest/core';
import { Refusal } from '../rest/refusal';
import type { WebhookCaller } from './caller';

const TIMEOUT_MS = 30_000;

interface Waiting {
  readonly object: KubeObject;
  resolve(object: KubeObject): void;
  reject(error: unknown): void;
}

/** Conversion by the webhook a CRD names. What is asked for in one turn travels in one review. */
export function webhookConversion(
  core: Pick<Core, 'clock' | 'random'>,
  definition: CustomResourceDefinition,
  call: WebhookCaller,
): ConvertObject {
  const batches = new Map<string, Waiting[]>();
  const send = async (apiVersion: string): Promise<void> => {
    const batch = batches.get(apiVersion) ?? [];
    batches.delete(apiVersion);
    try {
      const objects = await review(core, definition, call, batch, apiVersion);
      for (const [index, waiting] of batch.entries()) waiting.resolve(restored(objects[index], waiting.object));
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
  };
  return (object, apiVersion) =>
    new Promise((resolve, reject) => {
      let batch = batches.get(apiVersion);
      if (batch === undefined) {
        batch = [];
        batches.set(apiVersion, batch);
        queueMicrotask(() => void send(apiVersion));
      }
      batch.push({ object, resolve, reject });
    });
}

async function review(
  core: Pick<Core, 'clock' | 'random'>,
  definition: CustomResourceDefinition,
  call: WebhookCaller,
  batch: readonly Waiting[],
  desiredAPIVersion: string,
): Promise<readonly unknown[]> {
  const { group, names, conversion } = definition.spec;
  const client = conversion?.webhook?.clientConfig;
  const from = batch[0]?.object.apiVersion ?? '';
  const failed = (why: string): Refusal =>
    new Refusal({
      code: 500,
      reason: '',
      message: `conversion webhook for ${group}/${from.split('/').at(-1) ?? ''}, Kind=${names.kind} failed: ${why}`,
    });
  if (client === undefined) throw failed('it has no clientConfig');
  const uid = core.random.uuid();
  const body = {
    kind: 'ConversionReview',
    apiVersion: 'apiextensions.k8s.io/v1',
    request: { uid, desiredAPIVersion, objects: batch.map((waiting) => waiting.object) },
  };
  let answer: unknown;
  try {
    answer = await core.clock.hold(call(client, body, TIMEOUT_MS));
  } catch (error) {
    throw failed(messageOf(error));
  }
  const response = isJsonObject(answer) && isJsonObject(answer['response']) ? answer['response'] : {};
  const result = isJsonObject(response['result']) ? response['result'] : {};
  if (result['status'] !== 'Success') throw failed(String(result['message'] ?? 'it gave no result'));
  const objects = response['convertedObjects'];
  if (!Array.isArray(objects) || objects.length !== batch.length) {
    throw failed(`expected ${batch.length} converted objects`);
  }
  for (const object of objects) {
    if (!isJsonObject(object) || object['apiVersion'] !== desiredAPIVersion) {
      throw failed(`an answer is not of version ${desiredAPIVersion}`);
    }
  }
  return objects;
}

/** Of metadata, a webhook may change labels and annotations alone. */
function restored(converted: unknown, original: KubeObject): KubeObject {
  // Checked by review(): an object of the desired version.
  const object = converted as KubeObject;
  const { labels, annotations } = object.metadata ?? {};
  const { labels: _, annotations: __, ...metadata } = original.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}
