import type { KubeObject } from '../../../machinery/kube-object';
import type { AdmissionRequest } from './core';

/** Looks at a write before it is stored. Both throw a Refusal to deny it. */
export interface Admission {
  /** May answer with a changed object; the given one is not changed. */
  mutate(request: AdmissionRequest): Promise<KubeObject | undefined>;
  validate(request: AdmissionRequest): Promise<void>;
}

/** Lets everything pass. */
export const admitAll: Admission = {
  mutate: (request) => Promise.resolve(request.object),
  validate: () => Promise.resolve(),
};
