import { Command, Option } from 'commander';
import { wrongInput } from '../command-error';
import { toolVersion } from '../installation';
import { openCheckout } from '../publish/checkout';
import { type Published, publish } from '../publish/publish';
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
      if (options.remote !== undefined && options.push !== true)
        throw wrongInput('--remote says where to push; add --push');
      const push = options.push === true ? await destination(directory, options.remote) : undefined;
      const result = await publish({ directory, clusters: options.clusters, push, toolVersion: toolVersion() });
      if (options.output === 'json') process.stdout.write(`${JSON.stringify(result)}\n`);
      else process.stdout.write(describe(result, push?.remote));
    });
}

function describe(result: Published, remote: string | undefined): string {
  const revision = result.commit.slice(0, 12);
  const lines = [
    result.committed
      ? `Committed ${result.manifests}/ as ${revision}.`
      : `${result.manifests}/ is up to date at ${revision}.`,
  ];
  const [first, ...others] = result.uncommittedSources;
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    lines.push(`Not committed: ${first}${more}. The manifests came from there; commit that, too.`);
  }
  if (remote === undefined) lines.push('Next: git push, or npx capstan publish --push');
  else lines.push(`Pushed to ${remote}.`, 'Next: watch it arrive with npx capstan status');
  return `${lines.join('\n')}\n`;
}

/** Where `--push` goes: to the remote that the reconciler reads, else where git itself would push. */
async function destination(directory: string, named: string | undefined): Promise<{ remote: string; ref: string }> {
  const { git } = await openCheckout(directory);
  const ask = async (...args: string[]) => (await git.raw(args).catch(() => '')).trim();
  const remotes = (await ask('remote')).split('\n').filter((name) => name !== '');
  const listed = remotes.length === 0 ? 'none' : remotes.join(', ');
  if (named !== undefined && !remotes.includes(named))
    throw wrongInput(`there is no remote ${named}; \`git remote\` lists ${listed}`);
  const running = findRunningSandbox(directory)?.remote;
  const read = running !== undefined && remotes.includes(running) ? running : 'capstan';
  const branch = await ask('symbolic-ref', '--short', 'HEAD');
  const upstream = await ask('config', `branch.${branch}.remote`);
  const remote = named ?? (remotes.includes(read) ? read : upstream === '' ? undefined : upstream);
  if (remote === undefined) {
    const where = branch === '' ? 'HEAD is on no branch' : `branch ${branch} has no upstream`;
    const fix =
      remotes.length === 0 ? 'add one with `git remote add`, or run `npx capstan up`' : 'choose one with --remote';
    throw wrongInput(`cannot tell where to push: ${where}, and there are these remotes: ${listed}; ${fix}`);
  }
  if (remote === read) return { remote, ref: 'refs/heads/main' };
  if (branch === '') throw wrongInput('HEAD is on no branch; check one out before pushing');
  return { remote, ref: `refs/heads/${branch}` };
}
