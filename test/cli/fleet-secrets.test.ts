import { fleetView } from '../../cli/view/fleet-view';
import { whyFleet } from '../../cli/view/why';
import { condition, fleetOf } from './plain-objects';

const URL = 'https://robot:s3cret@git.example.org/fleet.git?private_token=t0ken';
const failed = fleetOf({}, condition('Ready', 'False', 'FetchFailed', `git repository ${URL}: no answer`));
const fleet = { ...failed, spec: { source: { url: URL } } };

test('neither status nor why shows what a repository is read with', () => {
  const shown = JSON.stringify([fleetView(fleet), whyFleet(fleet)]);

  expect(shown).toContain('git.example.org/fleet.git');
  expect(shown).not.toMatch(/s3cret|t0ken/);
});
