/** Arguments, environment and volumes of the programs kubeadm starts. */
import type * as z from 'zod';
import { flag, list, object, quantity, type Rule, text } from '../../schema';

interface Argument {
  name: string;
  value: string;
}

function uniqueNames(field: string): Rule<Argument[]> {
  return {
    cel: 'self.all(x, self.exists_one(y, x.name == y.name))',
    message: `${field} name must be unique`,
    holds: (items) => new Set(items.map((item) => item.name)).size === items.length,
  };
}

const argument = object('An argument.', {
  name: text('Name, without leading dashes.', { min: 1, max: 256 }),
  value: text('Value; may be empty.', { min: 0, max: 1024 }),
});

export function programArguments(about: string, field: 'extraArgs' | 'kubeletExtraArgs') {
  return list(about, argument, { min: 1, max: 100, keys: ['name', 'value'], rules: [uniqueNames(field)] });
}

const optionalFlag = flag('Whether it may be missing.').optional();
const keyName = text('Name of the object.').default('');

const envVar = object('An environment variable.', {
  name: text('Name of the variable.'),
  value: text('Its value.').optional(),
  valueFrom: object('Where the value comes from instead.', {
    fieldRef: object(
      'A field of the Pod.',
      { apiVersion: text('Version the path is written for.').optional(), fieldPath: text('Path of the field.') },
      { atomic: true },
    ).optional(),
    resourceFieldRef: object(
      'A limit or request of a container.',
      {
        containerName: text('Name of the container.').optional(),
        resource: text('Which resource.'),
        divisor: quantity('Unit of the value.').optional(),
      },
      { atomic: true },
    ).optional(),
    configMapKeyRef: object(
      'A key of a ConfigMap.',
      { name: keyName, key: text('The key.'), optional: optionalFlag },
      { atomic: true },
    ).optional(),
    secretKeyRef: object(
      'A key of a Secret.',
      { name: keyName, key: text('The key.'), optional: optionalFlag },
      { atomic: true },
    ).optional(),
    fileKeyRef: object(
      'A key of a file in a volume.',
      {
        volumeName: text('Name of the volume.'),
        path: text('Path of the file in it.'),
        key: text('The key.'),
        optional: flag('Whether it may be missing.').default(false),
      },
      { atomic: true },
    ).optional(),
  }).optional(),
});

export const extraEnvs = list('Environment variables.', envVar, { min: 1, max: 100 });

const hostPath = object('A path of the host in the Pod.', {
  name: text('Name of the volume.', { min: 1, max: 512 }),
  hostPath: text('Path on the host.', { min: 1, max: 512 }),
  mountPath: text('Path in the Pod.', { min: 1, max: 512 }),
  readOnly: flag('Whether it cannot be written.').optional(),
  pathType: text("What must be there, as in Kubernetes' hostPath volumes.").optional(),
});

export const extraVolumes = list('Paths of the host.', hostPath, { min: 1, max: 100 });

export type EnvVar = z.infer<typeof envVar>;
