import type { Machine } from '../machine';
import type { Taint } from '../workload/node-objects';
import { CONTROL_PLANE_LABEL } from '../workload/node-objects';
import type { ExtraArgument, NodeRegistration } from './schema';

export interface Registration {
  readonly name: string;
  readonly providerId: string | undefined;
  readonly labels: { readonly [key: string]: string };
  readonly taints: readonly Taint[];
}

/** How the kubelet will register, from `nodeRegistration` and the flags in it. */
export function registrationOf(
  machine: Machine,
  options: NodeRegistration | undefined,
  isControlPlane: boolean,
): Registration {
  const flags = kubeletFlags(options?.kubeletExtraArgs ?? []);
  const defaults = isControlPlane ? [{ key: CONTROL_PLANE_LABEL, effect: 'NoSchedule' }] : [];
  const external = { key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' };
  return {
    // The API server accepts lower case only, and kubeadm lowers the name.
    name: (flags.get('hostname-override') ?? options?.name ?? machine.spec.name).trim().toLowerCase(),
    providerId: flags.get('provider-id'),
    labels: labelsOf(flags.get('node-labels') ?? ''),
    taints: [
      ...(options?.taints ?? defaults),
      ...taintsOf(flags.get('register-with-taints') ?? ''),
      ...(flags.get('cloud-provider') === 'external' ? [external] : []),
    ],
  };
}

/**
 * kubeadm writes the flags into an environment file that systemd splits into words and strips of quotes, so that
 * `cloudstack:///'<id>'` reaches the kubelet as `cloudstack:///<id>`.
 */
function kubeletFlags(args: readonly ExtraArgument[]): ReadonlyMap<string, string> {
  return new Map(args.map(({ name, value }) => [name, value.replace(/['"]/g, '')]));
}

function labelsOf(text: string): { [key: string]: string } {
  const pairs = text.split(',').filter((pair) => pair !== '');
  return Object.fromEntries(pairs.map((pair) => [pair.split('=')[0] ?? '', pair.split('=').slice(1).join('=')]));
}

/** `key=value:effect,…` */
function taintsOf(text: string): readonly Taint[] {
  const parts = text.split(',').filter((part) => part !== '');
  return parts.map((part) => {
    const [name = '', effect = 'NoSchedule'] = part.split(':');
    const [key = '', value] = name.split('=');
    return { key, effect, ...(value === undefined || value === '' ? {} : { value }) };
  });
}
