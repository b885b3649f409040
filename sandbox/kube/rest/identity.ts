import type { KubeObject } from '../../../machinery/kube-object';
import type { Target } from './core';
import { badRequest, Refusal } from './refusal';

/** A changed object must still be the one that the URL names, in some state of it. */
export function checkIdentity(object: KubeObject, target: Target): void {
  checkName(object, target);
  const { resourceVersion = '' } = object.metadata;
  if (/^\d*$/.test(resourceVersion)) return;
  const message = `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`;
  throw new Refusal({ code: 500, reason: '', message });
}

/** The object that the URL names. Its namespace need not be said twice. */
export function checkName({ metadata }: KubeObject, target: Target): void {
  const { name = '', namespace = '' } = metadata;
  if (namespace === '' && target.namespace !== '') metadata.namespace = target.namespace;
  else if (namespace !== target.namespace) throw wrongNamespace();
  if (name === '') throw nameless(target);
  if (name !== target.name) throw wrongName(name, target);
}

export const nameless = ({ name }: Target): Refusal =>
  badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);

const wrongName = (given: string, { name }: Target): Refusal =>
  badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);

const wrongNamespace = (): Refusal =>
  badRequest('the namespace of the provided object does not match the namespace sent on the request');
