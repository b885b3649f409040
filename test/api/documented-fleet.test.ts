import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Fleet } from '../../api/kinds';

test('the Fleet of the documentation passes its schema', () => {
  const text = readFileSync(join(__dirname, '../../docs/operating.md'), 'utf8');
  const [, fleet = ''] = /^```yaml\n(apiVersion: capstan[\s\S]*?)^```/m.exec(text) ?? [];

  expect(Fleet.problems(parse(fleet))).toEqual([]);
  expect(parse(fleet)).toMatchObject({ kind: 'Fleet' });
});
