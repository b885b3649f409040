/** Where our admission differs from upstream's recorded one, and why. Entries that are not needed fail the test. */
export interface AdmissionDifference {
  /** `case` of the recording. */
  readonly case: string;
  readonly theirs: string;
  readonly ours: string;
  readonly because: string;
}

export const admissionDifferences: readonly AdmissionDifference[] = [
  {
    case: 'MachineSet, selector does not match the template',
    theirs: 'refused spec.template.metadata',
    ours: 'refused spec.template.metadata.labels',
    because: 'upstream writes an empty metadata into the object it defaults, and then stumbles over that',
  },
  {
    case: 'KubeadmControlPlane, coredns image tag nonsense',
    theirs: 'refused dns.imageTag, spec.kubeadmConfigSpec.clusterConfiguration.dns.imageTag',
    ours: 'refused spec.kubeadmConfigSpec.clusterConfiguration.dns.imageTag',
    because: 'upstream reports the same fault twice, once under a path that does not exist',
  },
];
