import * as fc from 'fast-check';
import { convert } from '../../api/conversion';
import { allKinds } from '../../api/crds';
import { apiVersionOf } from '../../machinery/kube-object';
import { arbitraryKubeObject } from './arbitrary-objects';
import { describeWithData, publishedCrds, schemaOf } from './conformance';

const cases = allKinds.flatMap((kind) =>
  (kind.definition.otherVersions ?? []).map(({ version }) => ({
    kind,
    version,
    name: `${kind.kind} ${version}`,
    oldApiVersion: apiVersionOf({ group: kind.group, version }),
  })),
);

describe('from the hub to an old version and back', () => {
  test.each(cases)('$name gives the same object', async ({ kind, version, oldApiVersion }) => {
    const schema = schemaOf(kind.crd(), kind.version) ?? {};

    await fc.assert(
      fc.property(arbitraryKubeObject(kind.apiVersion, kind.kind, schema), (object) => {
        const old = convert(object, oldApiVersion);

        expect(old.apiVersion).toBe(`${kind.group}/${version}`);
        expect(convert(old, kind.apiVersion)).toEqual(object);
      }),
      { numRuns: 60 },
    );
  });
});

describeWithData('from an old version to the hub and back', () => {
  const published = new Map([...publishedCrds('capi-v1.14.0/crds'), ...publishedCrds('capc-v0.6.1/crds')]);

  test.each(cases)('$name gives the same object', async ({ kind, version, oldApiVersion }) => {
    const crd = published.get(kind.kind);
    const schema = crd === undefined ? undefined : schemaOf(crd, version);
    if (schema === undefined) throw new Error(`the published CRD of ${kind.kind} has no ${version}`);

    await fc.assert(
      fc.property(arbitraryKubeObject(oldApiVersion, kind.kind, schema), (object) => {
        const hub = convert(object, kind.apiVersion);

        expect(hub.apiVersion).toBe(kind.apiVersion);
        expect(convert(hub, oldApiVersion)).toEqual(object);
      }),
      { numRuns: 60 },
    );
  });
});
