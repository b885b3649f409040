import { type ClusterView, clusterViews } from '../../cli/view/cluster-view';
import { listFrom, type Snapshot, takeSnapshot } from '../../cli/view/snapshot';
import { SystemClock } from '../../machinery/clock';
import { connectKube, type KubeConnection } from '../../reconciler/kube';
import { eventually, type Project } from './up-project';

/** A look into the management cluster of a running `up`, with its kubeconfig. */
export class Management {
  private constructor(readonly connection: KubeConnection) {}

  static async of(kubeconfig: string): Promise<Management> {
    return new Management(await connectKube({ kind: 'kubeconfig', file: kubeconfig }, { clock: new SystemClock() }));
  }

  /** The sandbox that runs for the project. */
  static ofProject(project: Project): Promise<Management> {
    return Management.of(project.kubeconfig());
  }

  snapshot(): Promise<Snapshot> {
    return takeSnapshot(listFrom(this.connection.api));
  }

  async view(name = 'dev'): Promise<ClusterView | undefined> {
    return clusterViews(await this.snapshot()).find((view) => view.name === name);
  }

  /** Waits until a cluster is ready and `holds` of it. */
  async ready(name = 'dev', holds: (view: ClusterView) => boolean = () => true, seconds = 120): Promise<ClusterView> {
    let last: ClusterView | undefined;
    const isReady = async () => {
      last = await this.view(name);
      return last?.ready === true && holds(last);
    };
    await eventually(isReady, () => `${name} is not as expected: ${JSON.stringify(last, null, 1)}`, seconds);
    if (last === undefined) throw new Error('unreachable: a ready cluster was seen');
    return last;
  }

  /** VM ids by machine name. */
  async instances(): Promise<Map<string, string>> {
    const { infrastructureMachines } = await this.snapshot();
    return new Map(infrastructureMachines.map((vm) => [vm.metadata.name, vm.spec.instanceID ?? '']));
  }

  close(): void {
    this.connection.close();
  }
}
