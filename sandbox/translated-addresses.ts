import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { KubeUnreachable } from '../api/ports/kube-api';
import { isJsonObject, valueAt } from '../machinery/json';
import type { ListenFor, WorkloadListener } from './guest';

/** Where servers listen instead of at their public addresses. */
const HOST = '127.0.0.1';

/** What the file says. */
interface Table {
  /** `127.64.3.0/24`: public addresses of the sandbox. */
  readonly range: string;
  /** Port of 127.0.0.1 by public address and port (`127.64.3.10:6443`). */
  readonly ports: { readonly [address: string]: number };
}

/**
 * Listens at ports of 127.0.0.1 in place of public addresses, on a system that cannot bind those. The ports stand in a
 * file: whoever connects looks them up there ({@link translationIn}), and they are the same after a restart where they
 * are free. An address keeps its port while nobody listens; there are as many as the range has addresses.
 */
export function listenTranslated(file: string, range: string): ListenFor {
  const ports = new Map(existsSync(file) ? Object.entries(read(file).ports) : []);
  const write = () => {
    const table: Table = { range, ports: Object.fromEntries(ports) };
    writeFileSync(`${file}.next`, JSON.stringify(table));
    renameSync(`${file}.next`, file);
  };
  write();
  return async (publicIp, publicPort, open) => {
    const address = `${publicIp}:${publicPort}`;
    const listener = await listenAgain(ports.get(address), open);
    if (ports.get(address) !== listener.port) {
      ports.set(address, listener.port);
      write();
    }
    return listener;
  };
}

/** At the port of before, or at a free one when somebody took it meanwhile. */
async function listenAgain(port: number | undefined, open: Parameters<ListenFor>[2]): Promise<WorkloadListener> {
  if (port === undefined) return open(HOST, 0);
  try {
    return await open(HOST, port);
  } catch (error) {
    if (valueAt(error, 'code') === 'EADDRINUSE') return open(HOST, 0);
    throw error;
  }
}

/**
 * Where the server at `host:port` really listens, by the file of a sandbox; addresses that are none of the sandbox's
 * stay as they are. The file is read each time, because clusters come while others look.
 * @throws KubeUnreachable when nobody has listened for a public address yet: dialling it could hang until a time-out
 */
export function translationIn(file: string): (address: string) => string {
  return (address) => {
    const { range, ports } = read(file);
    if (!address.startsWith(range.replace(/0\/24$/, ''))) return address;
    const port = ports[address];
    if (port === undefined) throw new KubeUnreachable(`connect to ${address}`, 'nobody has listened there yet');
    return `${HOST}:${port}`;
  };
}

function read(file: string): Table {
  const table: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const { range, ports } = isJsonObject(table) ? table : {};
  if (typeof range !== 'string' || !isJsonObject(ports)) throw new Error(`${file} is no table of public addresses`);
  const numbers = Object.entries(ports).flatMap(([address, port]) =>
    typeof port === 'number' ? [[address, port] as const] : [],
  );
  return { range, ports: Object.fromEntries(numbers) };
}
