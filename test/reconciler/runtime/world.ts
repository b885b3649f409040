import { type Controller, done, type Objects, ownKind, type TypedResource } from '../../../api/ports';
import { type KubeObject, keyText, type ObjectKey } from '../../../machinery/kube-object';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import {
  type Manager,
  type ManagerKit,
  type ManagerOptions,
  silentLog,
  startManager,
} from '../../../reconciler/runtime';
import { MemoryApi } from './memory-api';

export interface Widget extends KubeObject {
  spec?: { [field: string]: unknown };
  status?: { [field: string]: unknown };
}

export const widgets: TypedResource<Widget> = {
  group: 'test.dev',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
};

export function widget(name: string, rest: Partial<Widget> = {}): Widget {
  return {
    apiVersion: 'test.dev/v1',
    kind: 'Widget',
    ...rest,
    metadata: { name, namespace: 'default', ...rest.metadata },
  };
}

export const keyed = (name: string): ObjectKey => ({ namespace: 'default', name });

/** A manager over a memory API on a virtual clock. */
export class World {
  readonly clock = new VirtualClock();
  readonly api: MemoryApi;
  #manager: Manager | undefined;

  constructor(api = new MemoryApi()) {
    this.api = api;
  }

  async start(
    controllers: (kit: ManagerKit) => readonly Controller[] = () => [watcher()],
    options: Partial<ManagerOptions> = {},
  ): Promise<this> {
    const { clock, api } = this;
    const manager = startManager({ api, clock, random: new SeededRandom(1), log: silentLog, controllers, ...options });
    this.#manager = manager;
    await clock.runUntil(() => manager.activity().warm);
    await this.clock.settle();
    return this;
  }

  get manager(): Manager {
    if (this.#manager === undefined) throw new Error('start the world first');
    return this.#manager;
  }

  get objects(): Objects {
    return this.manager.objects;
  }

  names(): string[] {
    return this.objects.list(widgets).map((object) => object.metadata.name);
  }
}

/** Watches widgets and does nothing, or what it is told. */
export function watcher(
  reconcile: (key: string) => Promise<void> | void = () => undefined,
  options: Partial<Controller> = {},
): Controller {
  return {
    name: 'widget',
    watches: [ownKind(widgets)],
    async reconcile(key) {
      await reconcile(keyText(key));
      return done();
    },
    ...options,
  };
}
