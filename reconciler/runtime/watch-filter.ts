import { WATCH_FILTER_LABEL } from '../../api/labels';
import { type Controller, done, type Objects } from '../../api/ports';

/**
 * The controller for objects of one label value only (`--watch-filter`): another process looks after the rest. The
 * caches still hold all objects, because what is absent and what is somebody else's must not be confused.
 */
export function withWatchFilter(controller: Controller, objects: Objects, value: string): Controller {
  const subject = controller.watches.find((source) => source.isSubject === true);
  if (subject === undefined) throw new Error(`controller ${controller.name} watches no kind as its own`);
  return {
    ...controller,
    async reconcile(key, run) {
      const object = objects.get(subject.resource, key);
      // One that is gone is still told of, so that the controller can forget it.
      if (object !== undefined && object.metadata.labels?.[WATCH_FILTER_LABEL] !== value) return done();
      return controller.reconcile(key, run);
    },
  };
}
