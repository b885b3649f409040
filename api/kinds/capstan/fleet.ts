import { defineKind, type ObjectOf } from '../../define-kind';
import { flag, int64, list, object, type Rule, text, time } from '../../schema';
import { conditions } from '../shapes';

const secretReference = (about: string) =>
  object(about, { name: text('Its name, in the namespace of the Fleet.', { min: 1, max: 253 }) });

interface Ref {
  branch?: string | undefined;
  tag?: string | undefined;
  commit?: string | undefined;
}

const oneRef: Rule<Ref> = {
  cel: '[has(self.branch), has(self.tag), has(self.commit)].filter(x, x).size() <= 1',
  message: 'only one of branch, tag and commit may be set',
  holds: (ref) => [ref.branch, ref.tag, ref.commit].filter((value) => value !== undefined).length <= 1,
};

const noPassword: Rule<{ url: string }> = {
  cel: "!self.url.matches('^[a-z+]+://[^/]*:[^/]*@')",
  message: 'a password in the URL is seen by everybody who may read Fleets; put it into the Secret of secretRef',
  field: 'url',
  reason: 'FieldValueForbidden',
  holds: ({ url }) => !/^[a-z+]+:\/\/[^/]*:[^/]*@/.test(url),
};

const source = object(
  'Where the objects come from.',
  {
    url: text('URL of the git repository: https, ssh or file.', { min: 1, max: 2048 }),
    ref: object(
      'Which revision; absent: the branch main.',
      {
        branch: text('Tip of a branch.', { min: 1, max: 256 }).optional(),
        tag: text('A tag.', { min: 1, max: 256 }).optional(),
        commit: text('A commit by its full hash.', { pattern: '^([0-9a-f]{40}|[0-9a-f]{64})$' }).optional(),
      },
      { rules: [oneRef] },
    ).optional(),
    path: text('Folder in the repository; absent: manifests.', { min: 1, max: 1024 }).optional(),
    secretRef: secretReference(
      'Secret for access: username and password, bearerToken, or identity and known_hosts.',
    ).optional(),
  },
  { rules: [noPassword] },
);

const identity = {
  apiVersion: text('API version it was applied with.', { min: 1 }),
  kind: text('Kind.', { min: 1 }),
  namespace: text('Namespace; absent for cluster-scoped objects.').optional(),
  name: text('Name.', { min: 1 }),
  uid: text('UID; absent until the first apply was answered.').optional(),
};

const spec = object('What is kept in sync, and how.', {
  source,
  interval: text('How often the repository is asked for changes, such as 30s or 5m; absent: 30s.', {
    pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$',
  }).optional(),
  prune: flag(
    'Whether objects that left git are deleted; absent: true. Clusters need a confirmation besides.',
  ).optional(),
  suspend: flag('Stops syncing; objects stay as they are.').optional(),
});

const pendingDeletion = object('An object that left git and waits for a confirmation.', {
  ...identity,
  since: time('When it was missed first.').optional(),
  reason: text('Why it is not deleted by itself.').optional(),
  command: text('What to run to confirm the deletion.'),
});

const status = object('What is the case.', {
  conditions: conditions.optional(),
  observedGeneration: int64('The generation of the spec that this status is about.', { min: 0 }).optional(),
  lastAppliedRevision: text('The last revision that was applied completely.').optional(),
  lastAttemptedRevision: text('The last revision that was tried.').optional(),
  objects: int64('How many objects the last applied revision asks for.', { min: 0 }).optional(),
  pendingDeletions: list('What left git and waits for a confirmation.', pendingDeletion).optional(),
});

export const Fleet = defineKind({
  group: 'capstan.dev',
  version: 'v1alpha1',
  kind: 'Fleet',
  plural: 'fleets',
  about: 'A git repository whose objects are kept in sync with this API server.',
  categories: ['capstan'],
  spec,
  status,
  printerColumns: [
    { name: 'URL', type: 'string', jsonPath: '.spec.source.url' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Revision', type: 'string', jsonPath: '.status.lastAppliedRevision' },
    { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});

export type Fleet = ObjectOf<typeof Fleet>;
