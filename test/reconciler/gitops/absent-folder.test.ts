import { type Precedent, refusalOfAbsence } from '../../../reconciler/gitops/fleet/absent-folder';

const commit = '0123456789abcdef0123456789abcdef01234567';

test.each<[string, Precedent]>([
  ['the last applied revision has the folder', { kind: 'folder', commit }],
  ['the last applied revision asked for nothing', { kind: 'nothing' }],
])('a folder that is absent has left git when %s', (_, precedent) => {
  expect(refusalOfAbsence('manifests', precedent)).toBeUndefined();
});

test.each<[string, Precedent, readonly string[]]>([
  [
    'the last applied revision has none either',
    { kind: 'no-folder', commit },
    ['revision 0123456789ab', 'spec.source.path'],
  ],
  [
    'the last applied revision cannot be read',
    { kind: 'unreadable', commit, why: 'not our ref' },
    ['revision 0123456789ab', 'not our ref', 'spec.source.url'],
  ],
  ['a first revision was applied in part', { kind: 'none', objects: 1 }, ['spec.source.path']],
])('a folder that is absent is a mistake when %s', (_, precedent, texts) => {
  const refusal = refusalOfAbsence('manifets', precedent);

  for (const text of ['there is no folder manifets in it', '.gitkeep', ...texts]) expect(refusal).toContain(text);
});

test('a folder that is absent before anything was applied is to come', () => {
  expect(refusalOfAbsence('manifests', { kind: 'none', objects: 0 })).toContain('there is no folder manifests yet');
});
