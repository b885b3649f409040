import { Command, Option } from 'commander';
import { simpleGit } from 'simple-git';
import { wrongInput } from '../command-error';
import { toolVersion } from '../installation';
import { publish } from '../publish/publish';
import { findRunningSandbox } from '../running-sandbox';

/** `capstan publish [--push]`. */
export function publishCommand(): Command {
  return new Command('publish')
    .description('Compile the cluster definitions, commit the manifests with their provenance, and push on request')
    .option('--clusters <dir>', 'folder of cluster definitions', 'clusters')
    .option('--push', 'push HEAD to the remote that the reconciler reads')
    .option(
      '--remote <name>',
      'remote to push to (default: that of the running `capstan up`, else capstan, else the branch’s upstream)',
    )
    .addOption(new Option('--output <format>', 'print one JSON object').choices(['json']))
    .addHelpText(
      'after',
      '\nExample:\n  $ capstan publish --push\n\nExit codes: 0 done, 1 failed, 2 wrong definitions or manifests edited by hand',
    )
    .action(async (options: { clusters: string; push?: true; remote?: string; output?: string }) => {
      const directory = process.cwd();
      const push = options.push === true ? await destination(directory, options.remote) : undefined;
      const result = await publish({ directory, clusters: options.clusters, push, toolVersion: toolVersion() });
      if (options.output === 'json') process.stdout.write(`${JSON.stringify(result)}\n`);
      else process.stdout.write(describe(result, push?.remote));
    });
}

function describe(result: { commit: string; committed: boolean }, remote: string | undefined): string {
  const revision = result.commit.slice(0, 12);
  const first = result.committed ? `Committed manifests/ as ${revision}.` : `manifests/ is up to date at ${revision}.`;
  if (remote !== undefined) return `${first}\nPushed to ${remote}. Watch it arrive: capstan status\n`;
  return `${first}\nNext: git push, or capstan publish --push\n`;
}

/** Where `--push` goes. */
async function destination(directory: string, remote: string | undefined): Promise<{ remote: string; ref: string }> {
  const git = simpleGit({ baseDir: directory });
  const remotes = (await git.raw(['remote']).catch(() => '')).split('\n').filter((name) => name !== '');
  if (remote !== undefined && !remotes.includes(remote)) {
    throw wrongInput(`there is no remote ${remote}; \`git remote\` lists ${remotes.join(', ') || 'none'}`);
  }
  const running = findRunningSandbox(directory)?.remote;
  const read = running !== undefined && remotes.includes(running) ? running : 'capstan';
  if (remote === undefined && remotes.includes(read)) return { remote: read, ref: 'refs/heads/main' };
  const branch = (await git.raw(['symbolic-ref', '--short', 'HEAD']).catch(() => '')).trim();
  const upstream = (await git.raw(['config', `branch.${branch}.remote`]).catch(() => '')).trim();
  const name = remote ?? (upstream === '' ? undefined : upstream);
  if (name === undefined)
    throw wrongInput('there is no remote to push to; add one with `git remote add`, or run `capstan up`');
  return {
    remote: name,
    ref: name === read ? 'refs/heads/main' : `refs/heads/${branch === '' ? 'main' : branch}`,
  };
}
