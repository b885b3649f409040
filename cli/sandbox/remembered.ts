import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../../machinery/json';
import { CommandError } from '../command-error';

/** What must be the same after a restart, because kubeconfigs and clusters point to it. */
export interface RememberedPlaces {
  readonly kubePort?: number | undefined;
  readonly cloudstackPort?: number | undefined;
  /** `127.64.3.0/24`. */
  readonly publicRange?: string | undefined;
}

export function readPlaces(directory: string): RememberedPlaces {
  const file = join(directory, 'sandbox.json');
  if (!existsSync(file)) return {};
  const value = readJson(file);
  if (!isJsonObject(value)) return {};
  const { kubePort, cloudstackPort, publicRange } = value;
  return {
    kubePort: typeof kubePort === 'number' ? kubePort : undefined,
    cloudstackPort: typeof cloudstackPort === 'number' ? cloudstackPort : undefined,
    publicRange: typeof publicRange === 'string' ? publicRange : undefined,
  };
}

/** The JSON of a file in a data directory. @throws CommandError when it is damaged */
export function readJson(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser quotes the text, which may be a key.
    throw new CommandError(`${file} is damaged; remove it, and what is missing is made anew`, 1, { cause });
  }
}

export function writePlaces(directory: string, places: RememberedPlaces): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'sandbox.json');
  writeFileSync(`${file}.next`, JSON.stringify(places));
  renameSync(`${file}.next`, file);
}
