/** What kubeadm is told, and what else happens when a machine boots: part of four kinds. */
import type * as z from 'zod';
import { flag, int32, list, object, oneOf, text } from '../../schema';
import { diskSetup, files, mounts, ntp, users } from './cloud-init';
import { clusterConfiguration } from './cluster-configuration';
import { initConfiguration, joinConfiguration } from './node-configuration';

const commands = (about: string) =>
  list(about, text('A shell command.', { min: 1, max: 10240 }), { min: 1, max: 1000 });

export const kubeadmConfigSpec = object(
  'How a machine becomes a node.',
  {
    clusterConfiguration: clusterConfiguration.optional(),
    initConfiguration: initConfiguration.optional(),
    joinConfiguration: joinConfiguration.optional(),
    files: files.optional(),
    diskSetup: diskSetup.optional(),
    mounts: mounts.optional(),
    bootCommands: commands('Commands that run very early in every boot.').optional(),
    preKubeadmCommands: commands('Commands that run before kubeadm.').optional(),
    postKubeadmCommands: commands('Commands that run after kubeadm.').optional(),
    users: users.optional(),
    ntp: ntp.optional(),
    format: oneOf('Format of the bootstrap data; absent: cloud-config.', ['cloud-config', 'ignition']).optional(),
    verbosity: int32("Verbosity of kubeadm's log.").optional(),
    ignition: object(
      'Settings of the format ignition.',
      {
        containerLinuxConfig: object(
          'Container Linux Config.',
          {
            additionalConfig: text('Configuration merged with the generated one.', { min: 1, max: 32768 }).optional(),
            strict: flag('Whether warnings are errors.').optional(),
          },
          { minProperties: 1 },
        ).optional(),
      },
      { minProperties: 1 },
    ).optional(),
  },
  { minProperties: 1 },
);

export type KubeadmConfigSpec = z.infer<typeof kubeadmConfigSpec>;
