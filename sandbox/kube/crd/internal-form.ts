import { equalJson } from '../../../machinery/json';
import type { CrdVersion } from './shape';

/**
 * Whether the server's own type, whose fields refusals name and show, holds something once for all versions: where
 * all have it and have it alike.
 */
export function isLifted(versions: readonly CrdVersion[], field: keyof CrdVersion): boolean {
  const first = versions[0]?.[field];
  return first !== undefined && versions.every((version) => equalJson(version[field], first));
}

/** The versions as that type prints them. What it does not hold once is shown as it was written. */
export function internalVersions(versions: readonly CrdVersion[]): object[] {
  const own = (version: CrdVersion, field: keyof CrdVersion): unknown =>
    isLifted(versions, field) ? null : (version[field] ?? null);
  return versions.map((version) => ({
    Name: version.name,
    Served: version.served,
    Storage: version.storage,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: own(version, 'schema'),
    Subresources: own(version, 'subresources'),
    AdditionalPrinterColumns: own(version, 'additionalPrinterColumns'),
    SelectableFields: own(version, 'selectableFields'),
  }));
}
