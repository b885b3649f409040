import { renderStatus } from '../../cli/commands/status';
import { clusterViews } from '../../cli/view/cluster-view';
import { colorsOf, PLAIN } from '../../cli/view/colors';
import { AS_THEY_ARE } from '../../cli/view/printed-commands';
import { condition, object, snapshotOf } from './plain-objects';

const ESCAPE = '\u001b';
const TERMINAL = { isTTY: true };
const PIPE = {};

test.each([
  ['a terminal', TERMINAL, {}, true],
  ['a pipe', PIPE, {}, false],
  ['a pipe of a CI job', PIPE, { CI: 'true' }, false],
  ['a terminal without colours', TERMINAL, { TERM: 'dumb' }, false],
  ['a terminal of who wants none', TERMINAL, { NO_COLOR: '1' }, false],
  ['a terminal with an empty NO_COLOR', TERMINAL, { NO_COLOR: '' }, true],
  ['a pipe of who wants them', PIPE, { FORCE_COLOR: '1' }, true],
  ['a terminal with FORCE_COLOR=0', TERMINAL, { FORCE_COLOR: '0' }, false],
])('%s', (_where, stream, env, coloured) => {
  expect(colorsOf(stream, env).green('ready')).toBe(coloured ? `${ESCAPE}[32mready${ESCAPE}[39m` : 'ready');
});

test('what is rendered has the colours that it is given and no others', async () => {
  const cluster = object('Cluster', 'dev', undefined, condition('Available', 'False', 'NotAvailable', 'no machines'));
  const views = clusterViews(await snapshotOf(cluster));
  const text = (colors = PLAIN) => renderStatus([], views, AS_THEY_ARE, { colors });

  expect(text()).not.toContain(ESCAPE);
  expect(text(colorsOf(TERMINAL, {}))).toContain(`${ESCAPE}[33m`);
});
