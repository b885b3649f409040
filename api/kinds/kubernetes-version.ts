/** The version with the leading `v` that all of Cluster API expects; `1.34.2` becomes `v1.34.2`. */
export function withV(version: string): string {
  return version === '' || version.startsWith('v') ? version : `v${version}`;
}
