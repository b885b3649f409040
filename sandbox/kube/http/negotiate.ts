import type { IncomingMessage } from 'node:http';
import { Refusal } from '../rest/refusal';

/** What a client wants to read. */
export interface Representation {
  readonly format: 'json' | 'yaml';
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | 'APIGroupDiscoveryList' | undefined;
  /** `v1` of the transformation. */
  readonly version: string;
}

const KNOWN: readonly string[] = [
  'Table',
  'PartialObjectMetadata',
  'PartialObjectMetadataList',
  'APIGroupDiscoveryList',
];
const isKnown = (as: string | undefined): as is NonNullable<Representation['as']> =>
  as !== undefined && KNOWN.includes(as);

/** The first acceptable representation of an `Accept` header. */
export function negotiate(request: IncomingMessage): Representation {
  const header = request.headers.accept ?? '*/*';
  for (const item of header.split(',')) {
    const [type = '', ...parameters] = item.split(';').map((part) => part.trim());
    const values = new Map(parameters.map((parameter) => parameter.split('=') as [string, string]));
    const as = values.get('as');
    const format = formatOf(type);
    if (format === undefined || (as !== undefined && !isKnown(as))) continue;
    return { format, as: isKnown(as) ? as : undefined, version: values.get('v') ?? 'v1' };
  }
  throw new Refusal({
    code: 406,
    reason: 'NotAcceptable',
    message:
      '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
    details: {},
  });
}

function formatOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*' || type === '') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}
