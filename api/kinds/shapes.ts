/** Shapes that several kinds share, declared once. Each takes the sentence that says what it is for there. */
import type * as z from 'zod';
import { dictionary, flag, int32, int64, list, object, oneOf, quantity, text, texts, time } from '../schema';

export const DNS_SUBDOMAIN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
export const QUALIFIED_NAME =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$';
const KIND_NAME = '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$';
const REASON = '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$';

const condition = object('The state of one aspect of the object.', {
  type: text('Which aspect.', { max: 316, pattern: QUALIFIED_NAME }),
  status: oneOf('Whether it holds.', ['True', 'False', 'Unknown']),
  observedGeneration: int64('The generation of the object that this was said about.', { min: 0 }).optional(),
  lastTransitionTime: time('When the status changed last.'),
  reason: text('One word for programs.', { min: 1, max: 1024, pattern: REASON }),
  message: text('A sentence for people; may be empty.', { max: 32768 }),
});

/** `status.conditions`, merged by type. */
export const conditions = list('What is the case, and since when.', condition, { max: 32, keys: ['type'] });

const deprecatedCondition = object('A condition in the form of contract v1beta1.', {
  type: text('Which aspect.', { min: 1, max: 256 }),
  status: text('True, False or Unknown.'),
  severity: text('How bad it is when False.', { max: 32 }).optional(),
  lastTransitionTime: time('When the status changed last.'),
  reason: text('One word for programs.', { min: 1, max: 256 }).optional(),
  message: text('A sentence for people.', { min: 1, max: 10240 }).optional(),
});

/** `status.deprecated.v1beta1`: what readers of the old contract look for. `more` are the kind's own counters. */
export function deprecated<S extends z.ZodRawShape>(more: S) {
  return object('Status fields of older API versions, kept for their readers.', {
    v1beta1: object('Fields that v1beta1 has in its status.', {
      conditions: list('Conditions as v1beta1 wrote them.', deprecatedCondition, { type: 'unset' }).optional(),
      ...more,
    }).optional(),
  });
}

/** The terminal failure of v1beta1 statuses. */
export const deprecatedFailure = {
  failureReason: text('Why the object failed for good, in one word.').optional(),
  failureMessage: text('Why the object failed for good.', { min: 1, max: 10240 }).optional(),
};

export const observedGeneration = int64('The generation of the object that this status is about.', { min: 1 });

/** A reference in the same namespace, without a version: the CRD's contract labels say which one is read. */
export function contractReference(about: string) {
  return object(about, {
    apiGroup: text('Group of the kind.', { min: 1, max: 253, pattern: DNS_SUBDOMAIN }),
    kind: text('Kind of the object.', { min: 1, max: 63, pattern: KIND_NAME }),
    name: text('Name of the object.', { min: 1, max: 253, pattern: DNS_SUBDOMAIN }),
  });
}

/** Labels and annotations of objects made from a template. */
export function templateMetadata(about: string) {
  return object(
    about,
    {
      labels: texts('Labels the objects get.').optional(),
      annotations: texts('Annotations the objects get.').optional(),
    },
    { minProperties: 1 },
  );
}

export function labelSelector(about: string) {
  return object(
    about,
    {
      matchLabels: texts('Labels that must have exactly these values.').optional(),
      matchExpressions: list(
        'Conditions on labels, all of which must hold.',
        object('One condition on a label.', {
          key: text('Name of the label.'),
          operator: text('In, NotIn, Exists or DoesNotExist.'),
          values: list('Values for In and NotIn.', text('A value.')).optional(),
        }),
      ).optional(),
    },
    { atomic: true },
  );
}

/** Conditions that others must report before an object counts as ready or available. */
export function gates(about: string) {
  const gate = object('A condition that takes part.', {
    conditionType: text('Type of the condition.', { min: 1, max: 316, pattern: QUALIFIED_NAME }),
    polarity: oneOf('Whether True (Positive, when absent) or False (Negative) is good.', [
      'Positive',
      'Negative',
    ]).optional(),
  });
  return list(about, gate, { min: 1, max: 32, keys: ['conditionType'] });
}

/** How many machines are in which state. */
export const counters = {
  replicas: int32('Machines that exist.').optional(),
  readyReplicas: int32('Machines whose condition Ready is True.').optional(),
  availableReplicas: int32('Machines whose condition Available is True.').optional(),
  upToDateReplicas: int32('Machines whose condition UpToDate is True.').optional(),
};

const machineVersion = object('Machines of one version.', {
  version: text('Kubernetes version.', { min: 1, max: 256 }),
  replicas: int32('How many machines run it.', { min: 1 }).optional(),
});

/** `status.versions` of things that own machines. */
export const versions = list('Kubernetes versions in use, oldest first.', machineVersion, {
  min: 1,
  max: 100,
  keys: ['version'],
});

/** `versions` inside aggregates of a Cluster, replaced as a whole. */
export const aggregatedVersions = list('Kubernetes versions in use, oldest first.', machineVersion, {
  min: 1,
  max: 32,
});

export const serializedSelector = text('The selector as text, for the scale subresource.', { min: 1, max: 4096 });

export const machineNaming = object(
  'How machines are named.',
  {
    template: text('Go template for the name; must contain {{ .random }}.', { min: 1, max: 256 }).optional(),
  },
  { minProperties: 1 },
);

/** A failure domain as infrastructure offers it. */
export const failureDomains = list(
  'Places that fail independently of each other.',
  object('One such place.', {
    name: text('Name machines refer to it by.', { min: 1, max: 256 }),
    controlPlane: flag('Whether control-plane machines may be put here.').optional(),
    attributes: texts('What the provider adds, for itself.').optional(),
  }),
  { min: 1, max: 100, keys: ['name'] },
);

/** Amounts of resources by name, such as `cpu: "2"`. */
export const resourceList = dictionary('Amounts by resource name.', quantity('An amount.'));
