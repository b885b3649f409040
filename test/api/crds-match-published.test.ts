import { allKinds } from '../../api/crds';
import { isJsonObject } from '../../machinery/json';
import { describeWithData, publishedCrds, schemaOf } from './conformance';

/** Keywords that decide what is accepted, merged or shown; descriptions are our own. */
const COMPARED = [
  'type',
  'format',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minProperties',
  'default',
  'anyOf',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-preserve-unknown-fields',
];

type Schema = { [keyword: string]: unknown };

function schemaIn(parent: unknown, key: string): Schema {
  const value = isJsonObject(parent) ? parent[key] : undefined;
  return isJsonObject(value) ? value : {};
}

/** Every difference between two schemas, as `path keyword: theirs → ours`. */
function differences(path: string, theirs: Schema, ours: Schema): string[] {
  const found = COMPARED.filter((keyword) => JSON.stringify(theirs[keyword]) !== JSON.stringify(ours[keyword])).map(
    (keyword) => `${path} ${keyword}: ${JSON.stringify(theirs[keyword])} → ${JSON.stringify(ours[keyword])}`,
  );
  const required = (schema: Schema) =>
    JSON.stringify([...(Array.isArray(schema['required']) ? schema['required'] : [])].sort());
  if (required(theirs) !== required(ours)) found.push(`${path} required: ${required(theirs)} → ${required(ours)}`);
  const rules = (schema: Schema) =>
    (Array.isArray(schema['x-kubernetes-validations']) ? schema['x-kubernetes-validations'] : []).map(
      (rule: unknown) => schemaIn({ rule }, 'rule')['rule'],
    );
  for (const rule of rules(theirs))
    if (!rules(ours).includes(rule)) found.push(`${path} rule missing: ${String(rule)}`);

  const properties = { theirs: schemaIn(theirs, 'properties'), ours: schemaIn(ours, 'properties') };
  for (const name of Object.keys(properties.theirs)) {
    if (properties.ours[name] === undefined) found.push(`${path}.${name}: unknown to us`);
    else
      found.push(...differences(`${path}.${name}`, schemaIn(properties.theirs, name), schemaIn(properties.ours, name)));
  }
  for (const name of Object.keys(properties.ours)) {
    if (properties.theirs[name] === undefined) found.push(`${path}.${name}: only ours`);
  }
  for (const child of ['items', 'additionalProperties'] as const) {
    if (isJsonObject(theirs[child]) || isJsonObject(ours[child])) {
      found.push(
        ...differences(`${path}${child === 'items' ? '[]' : '{}'}`, schemaIn(theirs, child), schemaIn(ours, child)),
      );
    }
  }
  return found;
}

describeWithData('our CRDs beside the published ones', () => {
  const published = publishedCrds('capi-v1.14.0/crds');
  const clusterApiKinds = allKinds.filter((kind) => published.has(kind.kind));

  test.each(clusterApiKinds.map((kind) => [kind.kind, kind] as const))(
    '%s has every field, limit and list type of the published v1beta2',
    (_name, kind) => {
      const crd = published.get(kind.kind);
      const theirs = crd === undefined ? undefined : schemaOf(crd, 'v1beta2');
      const ours = schemaOf(kind.crd(), 'v1beta2');

      const found = ['spec', 'status'].flatMap((part) =>
        differences(part, schemaIn(schemaIn(theirs, 'properties'), part), schemaIn(schemaIn(ours, 'properties'), part)),
      );

      expect(found).toEqual([]);
    },
  );

  test.each(clusterApiKinds.map((kind) => [kind.kind, kind] as const))(
    '%s has the published names, columns and subresources',
    (_name, kind) => {
      const theirs = published.get(kind.kind);
      const ours = kind.crd();
      const shape = (crd: typeof theirs) => {
        const version = crd?.spec.versions.find((candidate) => candidate.storage);
        return {
          names: crd?.spec.names,
          subresources: version?.subresources ?? {},
          columns: version?.additionalPrinterColumns?.map((column) => ({ ...column, description: undefined })),
          required: schemaIn(version?.schema, 'openAPIV3Schema')['required'],
        };
      };

      expect(shape(ours)).toEqual(shape(theirs));
    },
  );

  const capc = publishedCrds('capc-v0.6.1/crds');
  const cloudStackKinds = allKinds.filter((kind) => capc.has(kind.kind));

  test.each(cloudStackKinds.map((kind) => [kind.kind, kind] as const))(
    '%s v1beta4 has every field of v1beta3 with its type',
    (_name, kind) => {
      const crd = capc.get(kind.kind);
      const theirs = crd === undefined ? undefined : schemaOf(crd, 'v1beta3');
      const ours = schemaOf(kind.crd(), 'v1beta4');

      const found = ['spec', 'status'].flatMap((part) =>
        differences(part, schemaIn(schemaIn(theirs, 'properties'), part), schemaIn(schemaIn(ours, 'properties'), part)),
      );

      // A list instead of a map is what contract v1beta2 asks for; conversion goes between them.
      const typesAndFields = found
        .filter((line) => / (?:type|format): |unknown to us/.test(line))
        .filter((line) => !line.startsWith('status.failureDomains') && !line.includes('type: undefined'));
      expect(typesAndFields).toEqual([]);
    },
  );

  const oldVersions = cloudStackKinds.flatMap((kind) =>
    (kind.definition.otherVersions ?? []).map(({ version }) => ({ name: `${kind.kind} ${version}`, kind, version })),
  );

  test.each(oldVersions)('$name has the published fields and no others', ({ kind, version }) => {
    const crd = capc.get(kind.kind);
    const theirs = crd === undefined ? undefined : schemaOf(crd, version);
    const ours = schemaOf(kind.crd(), version);

    const found = ['spec', 'status'].flatMap((part) =>
      differences(part, schemaIn(schemaIn(theirs, 'properties'), part), schemaIn(schemaIn(ours, 'properties'), part)),
    );

    const wrong = found.filter((line) => / (?:type|format): |unknown to us|only ours/.test(line));
    // CAPC declares a status subresource for templates without any field, and leaves their old metadata open.
    const known = ['status type: undefined → "object"', 'labels: only ours', 'annotations: only ours'];
    expect(wrong.filter((line) => !known.some((end) => line.endsWith(end)))).toEqual([]);
  });
});
