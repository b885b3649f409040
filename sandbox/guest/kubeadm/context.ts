import type { Machine } from '../machine';
import type { World } from '../world';

/** One run of kubeadm on a machine. */
export interface KubeadmRun {
  readonly world: World;
  readonly machine: Machine;
  /** Aborts when the machine is powered off. */
  readonly signal: AbortSignal;
  /** Text of the file given with `--config`. */
  readonly config: string;
}

/** Prints a line as kubeadm does, on the machine's console. */
export function say(run: KubeadmRun, text: string): void {
  run.machine.print('kubeadm', text);
}
