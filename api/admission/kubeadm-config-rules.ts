/** Admission of what kubeadm and cloud-init are told (`capi.md` 2.5). */
import type { KubeadmConfig, KubeadmConfigSpec, KubeadmConfigTemplate } from '../kinds';
import type { Problem } from '../schema';
import { forbidden, invalid } from './findings';
import { metadataProblems } from './shared-rules';

export function kubeadmConfigProblems({ spec }: KubeadmConfig): Problem[] {
  return kubeadmConfigSpecProblems('spec', spec);
}

export function kubeadmConfigTemplateProblems({ spec }: KubeadmConfigTemplate): Problem[] {
  return [
    ...metadataProblems('spec.template.metadata', spec?.template.metadata),
    ...kubeadmConfigSpecProblems('spec.template.spec', spec?.template.spec),
  ];
}

export function kubeadmConfigSpecProblems(path: string, spec: KubeadmConfigSpec | undefined): Problem[] {
  if (spec === undefined) return [];
  return [
    ...fileProblems(path, spec),
    ...userProblems(path, spec),
    ...diskProblems(path, spec),
    ...ignitionProblems(path, spec),
  ];
}

function fileProblems(path: string, { files = [] }: KubeadmConfigSpec): Problem[] {
  return files.flatMap((file, index) => {
    const problems: Problem[] = [];
    if (file.content !== undefined && file.contentFrom !== undefined) {
      // Contents of files are often secrets: the value is not shown.
      problems.push(invalid(`${path}.files[${index}]`, undefined, 'has content and contentFrom', 'keep one of them'));
    }
    if (files.findIndex((other) => other.path === file.path) < index) {
      problems.push(
        invalid(`${path}.files[${index}].path`, file.path, 'is written twice', 'keep one file for each path'),
      );
    }
    return problems;
  });
}

function userProblems(path: string, { users = [] }: KubeadmConfigSpec): Problem[] {
  return users.flatMap((user, index) =>
    user.passwd !== undefined && user.passwdFrom !== undefined
      ? [invalid(`${path}.users[${index}]`, undefined, 'has passwd and passwdFrom', 'keep one of them')]
      : [],
  );
}

function diskProblems(path: string, { diskSetup }: KubeadmConfigSpec): Problem[] {
  return (diskSetup?.partitions ?? []).flatMap((partition, index) => {
    const total = (partition.diskLayout ?? []).reduce((sum, part) => sum + part.percentage, 0);
    if (total <= 100) return [];
    const at = `${path}.diskSetup.partitions[${index}].diskLayout`;
    return [invalid(at, total, 'adds up to more than 100 percent', 'make the partitions smaller')];
  });
}

/** Ignition is not made by our bootstrap loop, and upstream's makes it only behind a feature gate. */
function ignitionProblems(path: string, { format, ignition }: KubeadmConfigSpec): Problem[] {
  const fix = 'use cloud-config';
  const problems: Problem[] = [];
  if (format === 'ignition') problems.push(forbidden(`${path}.format`, 'ignition is not supported', fix));
  if (ignition !== undefined) problems.push(forbidden(`${path}.ignition`, 'ignition is not supported', fix));
  return problems;
}
