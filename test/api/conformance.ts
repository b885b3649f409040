/** The published CRDs that ours are compared with; see the README beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import type { CustomResourceDefinition } from '../../api/kinds';
import { isJsonObject } from '../../machinery/json';

export const conformanceFolder = join(__dirname, '../../../shared/conformance');

/** Tests that read the data, which `body` may do at once. Where it is absent they are skipped (and jest says so). */
export function describeWithData(name: string, body: () => void): void {
  if (existsSync(conformanceFolder)) {
    describe(name, body);
    return;
  }
  describe.skip(name, () => {
    test('has data to compare with', () => expect(existsSync(conformanceFolder)).toBe(true));
  });
}

/** CRDs of one folder by kind. */
export function publishedCrds(folder: string): Map<string, CustomResourceDefinition> {
  const path = join(conformanceFolder, folder);
  const crds = readdirSync(path).map((file) => load(readFileSync(join(path, file), 'utf8')));
  return new Map(crds.filter(isCrd).map((crd) => [crd.spec.names.kind, crd]));
}

function isCrd(value: unknown): value is CustomResourceDefinition {
  return isJsonObject(value) && value['kind'] === 'CustomResourceDefinition';
}

/** The schema of one version, or undefined. */
export function schemaOf(crd: CustomResourceDefinition, version: string): { [keyword: string]: unknown } | undefined {
  return crd.spec.versions.find((candidate) => candidate.name === version)?.schema?.openAPIV3Schema;
}
