import { defineKind, type ObjectOf } from '../../define-kind';
import { object } from '../../schema';
import { age, kubeadmControlPlane } from '../cluster-api/group';
import { templateMetadata } from '../shapes';
import { type ControlPlaneTemplateDraft, defaultRollout } from './kubeadm-control-plane-defaults';
import { controlPlaneParts, machineMetadata, machineParts } from './kubeadm-control-plane-spec';

const controlPlane = object(
  'What the control planes shall be.',
  {
    machineTemplate: object(
      'What their machines are made from.',
      {
        metadata: machineMetadata.optional(),
        spec: object('The machines.', machineParts, { minProperties: 1 }).optional(),
      },
      { minProperties: 1 },
    ).optional(),
    ...controlPlaneParts,
  },
  { minProperties: 1 },
);

export const KubeadmControlPlaneTemplate = defineKind(
  {
    ...kubeadmControlPlane,
    kind: 'KubeadmControlPlaneTemplate',
    plural: 'kubeadmcontrolplanetemplates',
    about: 'What KubeadmControlPlanes of a ClusterClass are made from.',
    spec: object('The template.', {
      template: object(
        'What is copied.',
        {
          metadata: templateMetadata('Labels and annotations of the copies.').optional(),
          spec: controlPlane.optional(),
        },
        { minProperties: 1 },
      ),
    }),
    specOptional: true,
    printerColumns: [
      { name: 'ClusterClass', type: 'string', jsonPath: '.metadata.ownerReferences[?(@.kind=="ClusterClass")].name' },
      age,
    ],
  },
  ({ spec }: ControlPlaneTemplateDraft) => {
    if (spec?.template?.spec !== undefined) defaultRollout(spec.template.spec);
  },
);

export type KubeadmControlPlaneTemplate = ObjectOf<typeof KubeadmControlPlaneTemplate>;
