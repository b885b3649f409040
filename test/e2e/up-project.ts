import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = join(__dirname, '../..');

/** `node_modules` with this package as users get it, shared by the projects of a test file. */
export class Installation {
  readonly modules: string;
  readonly #folder: string;

  constructor() {
    execFileSync(process.execPath, [join(root, 'scripts/build.js'), '--stale'], { cwd: root, stdio: 'pipe' });
    this.#folder = mkdtempSync(join(tmpdir(), 'capstan-test-installation-'));
    this.modules = join(this.#folder, 'node_modules');
    const target = join(this.modules, 'capstan');
    mkdirSync(target, { recursive: true });
    for (const name of ['bin', 'dist', 'package.json'])
      cpSync(join(root, name), join(target, name), { recursive: true, filter: (path) => !path.endsWith('.map') });
    for (const name of readdirSync(join(root, 'node_modules')))
      if (name !== 'capstan') symlinkSync(join(root, 'node_modules', name), join(this.modules, name));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Gives each test of a file a project of its own, all with one installation. */
export function inFreshProject(use: (project: Project) => void): void {
  let installation: Installation;
  let project: Project;
  beforeAll(() => {
    installation = new Installation();
  });
  beforeEach(() => {
    project = new Project(installation);
    use(project);
  });
  afterEach(() => project.close());
  afterAll(() => installation.remove());
}

/** Gives all tests of a file one project. */
export function inOneProject(use: (project: Project) => void): void {
  let installation: Installation;
  let project: Project;
  beforeAll(() => {
    installation = new Installation();
    project = new Project(installation);
    use(project);
  });
  afterAll(async () => {
    await project.close();
    installation.remove();
  });
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A git project of its own that uses the installed package, as a new user has it. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'capstan-test-project-'));
  readonly directory = join(this.folder, 'project');
  /** Temporary folders of the commands: what they leave behind is seen. */
  readonly temporary = join(this.folder, 'tmp');
  readonly #running = new Set<RunningCommand>();

  constructor(private readonly installation: Installation) {
    mkdirSync(this.directory);
    mkdirSync(this.temporary);
    this.install('.');
    this.write('.gitignore', 'node_modules\n.cdk8s\n');
    this.write('package.json', '{"name": "fleet", "private": true}\n');
    this.git('init', '--quiet', '--initial-branch=main');
    this.git('config', 'user.name', 'test');
    this.git('config', 'user.email', 'test@localhost');
    this.define('dev');
    this.commit('Define dev');
  }

  write(path: string, content: string): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), 'utf8');
  }

  /** Writes `clusters/<name>.ts`: 1+1, unless `change` says otherwise. */
  define(name: string, change: { readonly [field: string]: unknown } = {}): void {
    const props = {
      kubernetesVersion: 'v1.33.5',
      zone: 'zone-1',
      controlPlane: { replicas: 1, offering: 'Medium Instance' },
      pools: { general: { replicas: 1, offering: 'Medium Instance' } },
      ...change,
    };
    const fields = Object.entries(props).map(([field, value]) => `  ${field}: ${JSON.stringify(value)},`);
    this.write(
      `clusters/${name}.ts`,
      [
        "import { defineCluster, IsolatedNetwork } from 'capstan';",
        `export default defineCluster('${name}', {`,
        `  network: IsolatedNetwork.named('${name}-net'),`,
        ...fields,
        '});',
        '',
      ].join('\n'),
    );
  }

  git(...args: string[]): string {
    return execFileSync('git', args, {
      cwd: this.directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  commit(message: string): string {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** Runs a command to its end; it fails when any part of a pipe does. */
  capstan(...args: string[]): Promise<Finished> {
    return this.start(...args).finished;
  }

  start(...args: string[]): RunningCommand {
    return this.startIn('.', ...args);
  }

  /** @param folder - where it runs, relative to the project */
  startIn(folder: string, ...args: string[]): RunningCommand {
    return this.#spawn(process.execPath, [this.#program, ...args], folder);
  }

  /** Makes the installed package known to another folder, which is relative to the project. */
  install(folder: string): void {
    symlinkSync(this.installation.modules, join(this.directory, folder, 'node_modules'));
  }

  /** Runs a line of bash, in which `capstan` is the installed command, to its end; it fails when any part of a pipe does. */
  shell(line: string): Promise<Finished> {
    const script = `set -o pipefail; capstan() { "${process.execPath}" "${this.#program}" "$@"; }; ${line}`;
    return this.#spawn('bash', ['-c', script]).finished;
  }

  get #program(): string {
    return join(this.installation.modules, 'capstan/bin/capstan.js');
  }

  #spawn(program: string, args: readonly string[], folder = '.'): RunningCommand {
    const { KUBECONFIG: _, ...environment } = process.env;
    const env = { ...environment, TMPDIR: this.temporary };
    const child = spawn(program, args, { cwd: join(this.directory, folder), env });
    const command = new RunningCommand(child);
    this.#running.add(command);
    void command.finished.then(() => this.#running.delete(command));
    return command;
  }

  /** Kubeconfig of the sandbox that runs for this project. */
  kubeconfig(): string {
    const [note]: { kubeconfig: string }[] = JSON.parse(this.read('.cdk8s/sandbox.json'));
    if (note === undefined) throw new Error('no sandbox runs for this project');
    return note.kubeconfig;
  }

  /** What commands have left in their temporary folder. */
  leftBehind(): string[] {
    return readdirSync(this.temporary);
  }

  /** Ends what still runs and removes everything. */
  async close(): Promise<void> {
    for (const command of this.#running) command.kill('SIGKILL');
    await Promise.all([...this.#running].map(({ finished }) => finished));
    // A git that a killed command had started may still write.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A `capstan` process. */
export class RunningCommand {
  readonly finished: Promise<Finished>;
  #stdout = '';
  #stderr = '';

  constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    this.finished = new Promise((resolve) => {
      child.on('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  /** What it wrote to standard output so far. */
  get output(): string {
    return this.#stdout;
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends the signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    this.kill(signal);
    return this.finished;
  }

  /** Waits for text on either output. */
  async says(text: string | RegExp, seconds = 90): Promise<void> {
    const pattern = typeof text === 'string' ? { test: (output: string) => output.includes(text) } : text;
    await eventually(
      () => {
        if (pattern.test(this.#stdout + this.#stderr)) return true;
        if (this.child.exitCode !== null)
          throw new Error(`it ended before it said ${text}:\n${this.#stdout}${this.#stderr}`);
        return false;
      },
      () => `it does not say ${text}:\n${this.#stdout}${this.#stderr}`,
      seconds,
    );
  }
}

/** Looks until `holds`; real servers in other processes have no virtual clock. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  complaint: () => string,
  seconds = 90,
): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) if (await holds()) return;
  throw new Error(`after ${seconds} s: ${complaint()}`);
}

/** Runs a program without waiting in a busy loop; rejects when it fails. */
export function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} ${args.join(' ')}: ${stderr}${stdout}`, { cause: error }));
    });
  });
}

/** Processes whose parent is `pid`. */
export function childrenOf(pid: number): number[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return parent === pid ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
