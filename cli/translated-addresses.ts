import { resolve } from 'node:path';
import { dump, load } from 'js-yaml';
import { KubeUnreachable } from '../api/ports';
import { isJsonObject } from '../machinery/json';
import { type AddressTranslation, translatedServer } from '../reconciler/kube';
import { translationIn } from '../sandbox/translated-addresses';
import { runningSandboxes } from './running-sandbox';

/** The translation by a sandbox's file; without one, servers listen where their addresses say. */
export function translationBy(file: string | undefined): AddressTranslation {
  return file === undefined ? (address) => address : translationIn(file);
}

/** The file of the sandbox that runs for this checkout with that management cluster, where it has one. */
export function announcedAddresses(directory: string, kubeconfig: string): string | undefined {
  return runningSandboxes(directory).find((sandbox) => resolve(directory, sandbox.kubeconfig) === kubeconfig)
    ?.translatedAddresses;
}

/** What is said aloud where the system lacks the range. */
export function translationNotice(file: string): string {
  return `This system has no 127.64.0.0/10: API servers of clusters listen at ports of 127.0.0.1 instead, listed in ${file}.`;
}

/** An endpoint for people: where it listens, and which address that stands for. */
export function describeEndpoint(endpoint: string, translate: AddressTranslation): string {
  if (endpoint === '') return endpoint;
  try {
    const server = translatedServer(endpoint, translate);
    return server === endpoint ? endpoint : `${server} (in place of ${new URL(endpoint).host})`;
  } catch (error) {
    // Nobody has listened there yet.
    if (error instanceof KubeUnreachable) return endpoint;
    throw error;
  }
}

/**
 * A kubeconfig that leads where servers really listen. Their certificates are still checked against the addresses that
 * they have in the original.
 * @throws KubeUnreachable when nobody has listened for an address yet
 */
export function translateKubeconfig(text: string, translate: AddressTranslation): string {
  const config = load(text);
  if (!isJsonObject(config) || !Array.isArray(config.clusters)) return text;
  let isSame = true;
  const clusters = config.clusters.map((entry: unknown) => {
    const cluster = isJsonObject(entry) ? entry.cluster : undefined;
    if (!isJsonObject(entry) || !isJsonObject(cluster) || typeof cluster.server !== 'string') return entry;
    const server = translatedServer(cluster.server, translate);
    if (server === cluster.server) return entry;
    isSame = false;
    return { ...entry, cluster: { 'tls-server-name': new URL(cluster.server).hostname, ...cluster, server } };
  });
  return isSame ? text : dump({ ...config, clusters }, { lineWidth: -1 });
}
