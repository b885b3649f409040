import { defineKind, type ObjectOf } from '../../define-kind';
import { object, text } from '../../schema';
import { age } from '../cluster-api/group';
import { resourceList, templateMetadata } from '../shapes';
import { cloudStackMachineSpec } from './cloudstack-machine-spec';
import { infrastructure } from './group';
import { machineTemplateVersions } from './old-versions';

const status = object('What machines made from it will have; cluster-autoscaler reads it to scale from zero.', {
  capacity: resourceList.optional(),
  nodeInfo: object('The platform.', {
    architecture: text('Architecture of the processor.').optional(),
    operatingSystem: text('Family of the operating system.').optional(),
  }).optional(),
});

export const CloudStackMachineTemplate = defineKind({
  ...infrastructure,
  otherVersions: machineTemplateVersions,
  kind: 'CloudStackMachineTemplate',
  plural: 'cloudstackmachinetemplates',
  about: 'What CloudStackMachines are made from.',
  categories: ['cluster-api'],
  spec: object('The template.', {
    template: object('What is copied.', {
      metadata: templateMetadata('Labels and annotations of the copies.').optional(),
      spec: cloudStackMachineSpec,
    }),
  }),
  status,
  printerColumns: [age],
});

export type CloudStackMachineTemplate = ObjectOf<typeof CloudStackMachineTemplate>;
