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

/** Who offers representations: the paths of custom resources and discovery, of builtin kinds, or of their lists. */
export type Offer = 'custom' | 'builtin' | 'builtin stream';

/** The first acceptable representation of an `Accept` header. */
export function negotiate(request: IncomingMessage, offer: Offer): Representation {
  const header = request.headers.accept ?? '*/*';
  for (const item of header.split(',')) {
    const [type = '', ...parameters] = item.split(';').map((part) => part.trim());
    const values = new Map(parameters.map((parameter) => parameter.split('=') as [string, string]));
    const as = values.get('as');
    const format = formatOf(type);
    if (format === undefined || (as !== undefined && !isKnown(as))) continue;
    return { format, as: isKnown(as) ? as : undefined, version: values.get('v') ?? 'v1' };
  }
  throw notAcceptable(offer);
}

const MEDIA_TYPES = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
const STREAMS = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch';

function notAcceptable(offer: Offer): Refusal {
  const refusal = { code: 406, reason: 'NotAcceptable' };
  if (offer === 'custom') {
    return new Refusal({ ...refusal, message: `only the following media types are accepted: ${MEDIA_TYPES}` });
  }
  const available = offer === 'builtin' ? MEDIA_TYPES : `${MEDIA_TYPES}, ${STREAMS}`;
  const message = `406: Not Acceptable\n\nAvailable representations: ${available}`;
  return new Refusal({ ...refusal, message, details: {} });
}

function formatOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*' || type === '') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}
