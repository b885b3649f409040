import type { KubeObject } from '../machinery/kube-object';
import type { Kind } from './define-kind';
import { type Structural, structuralOf } from './schema';

/** The structural schemas of a kind's storage version. */
export interface StorageSchema {
  readonly spec: Structural;
  /** Absent for kinds without status. */
  readonly status: Structural | undefined;
}

const cache = new WeakMap<Kind<KubeObject>, StorageSchema>();

/** Made on first use and kept: conversion asks for it with every object. */
export function storageSchemaOf(kind: Kind<KubeObject>): StorageSchema {
  const known = cache.get(kind);
  if (known !== undefined) return known;
  const { spec, status } = kind.definition;
  const schema = { spec: structuralOf(spec), status: status === undefined ? undefined : structuralOf(status) };
  cache.set(kind, schema);
  return schema;
}
