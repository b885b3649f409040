import { readFileSync } from 'node:fs';
import { registerHooks } from './module-hooks';

const STACK_FRAMES = 50;

/**
 * Lets `require` load TypeScript in this process (types are removed, not checked). Does nothing where a loader is
 * registered already (tsx).
 */
export function enableTypeScript(): void {
  // Stacks name the lines that the user wrote, also below the many frames of Node's own loader.
  process.setSourceMapsEnabled(true);
  Error.stackTraceLimit = STACK_FRAMES;
  if (require.extensions['.ts'] !== undefined) return;
  registerHooks((file) => {
    // Loaded late: a start without TypeScript files does not pay for it.
    const { transformSync }: typeof import('esbuild') = require('esbuild');
    const source = readFileSync(file, 'utf8');
    return transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
      sourcefile: file,
      sourcemap: 'inline',
    }).code;
  });
}
