import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileConsoles } from '../../cli/sandbox/file-consoles';
import { Installation, Project } from '../e2e/up-project';

jest.setTimeout(120_000);

test('the console of every VM is a file in the data directory, which goes on after a restart', async () => {
  const installation = new Installation();
  const project = new Project(installation);
  const up = ['up', '--latency', 'instant', '--data-dir', 'state', '--exit-when-ready', '--output', 'json'];
  const consoles = join(project.directory, 'state/consoles');

  const first = await project.capstan(...up);
  const names = readdirSync(consoles).sort();
  const second = await project.capstan(...up);

  expect([first.code, second.code]).toEqual([0, 0]);
  expect(names).toEqual([
    expect.stringMatching(/^dev-control-plane-\S+\.log$/),
    expect.stringMatching(/^dev-general-\S+\.log$/),
  ]);
  expect(readdirSync(consoles).sort()).toEqual(names);
  for (const name of names) {
    const text = readFileSync(join(consoles, name), 'utf8');
    expect(text).toMatch(/^\[ +0\.\d+\] kernel: Linux version/);
    expect(text).toContain('kubeadm: ');
  }
  await project.close();
  installation.remove();
});

test('a console that grows without end keeps its last lines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-test-consoles-'));
  const consoles = new FileConsoles(folder, 1000);

  for (let line = 0; line < 500; line++) consoles.append({ id: '0123456789', name: '../vm' }, [`line ${line}`]);
  const [name = ''] = readdirSync(folder);
  const lines = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
  rmSync(folder, { recursive: true });

  expect(name).toBe('.._vm-01234567.log');
  expect(lines.length).toBeLessThan(100);
  expect(lines.at(-1)).toBe('line 499');
  expect(lines[0]).toMatch(/^line \d+$/);
});
