import { wrongInput } from '../command-error';

/** The port that a flag names. @throws CommandError (2) when it is none */
export function parsePort(flag: string, value: string): number {
  const port = Number(value);
  if (value.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw wrongInput(`${flag}: ${JSON.stringify(value)} is not a port; use a number from 0 to 65535`);
  return port;
}
