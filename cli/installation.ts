import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the installed package, or of the checkout. */
export function packageRoot(): string {
  // dist/cli/main.js in a bundle, cli/installation.ts in the sources.
  const levels = process.env['CAPSTAN_BUNDLED'] === 'true' ? [__dirname, '..', '..'] : [__dirname, '..'];
  return join(...levels);
}

/** The cdk8s app that renders a fleet, as built. */
export function fleetApp(): string {
  return join(packageRoot(), 'dist', 'apps', 'fleet', 'main.js');
}

/** Version of this package. */
export function toolVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  const version: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : undefined;
  return typeof version === 'string' ? version : 'unknown';
}
