import { type KubeObject, keyText, parseApiVersion } from '../../machinery/kube-object';

/** Identity of an object across versions of its group: `Kind.group namespace/name`. */
export type ObjectId = string;

export interface ObjectIdentity {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export function identityOf(object: KubeObject): ObjectIdentity {
  return {
    group: parseApiVersion(object.apiVersion).group,
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
  };
}

export function formatId({ group, kind, namespace, name }: ObjectIdentity): ObjectId {
  return `${kind}${group === '' ? '' : `.${group}`} ${keyText({ namespace, name })}`;
}

/** The inverse of {@link formatId}; undefined for text of another form. */
export function tryParseId(id: ObjectId): ObjectIdentity | undefined {
  const match = /^([A-Za-z0-9]+)(?:\.([^ ]+))? (?:([^/ ]+)\/)?([^/ ]+)$/.exec(id);
  if (match === null) return undefined;
  const [, kind = '', group = '', namespace = '', name = ''] = match;
  return { group, kind, namespace, name };
}
