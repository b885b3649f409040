import type { ClusterView } from '../view/cluster-view';
import { type Colors, colorsOf } from '../view/colors';
import { fitLine, wrapText } from '../view/fit-line';
import { renderTree } from '../view/render-tree';

const ESCAPE = '\u001b';

/** What there is to show. */
export interface Shown {
  readonly clusters: readonly ClusterView[];
  /** Why the published revision is not applied; empty when it is. */
  readonly fleetReasons: readonly string[];
  /** The published revision while it is not applied yet: clusters still stand as an earlier one asks. */
  readonly applying?: string | undefined;
  /** Clusters that left git, and how to delete them. */
  readonly pending?: readonly string[] | undefined;
}

/** Shows how clusters come up: redrawn in place on a terminal, a line for each change elsewhere. */
export class Progress {
  readonly colors: Colors;
  #drawn = 0;
  /** What was said last about each subject. */
  #told = new Map<string, string>();

  /** Of what waits for somebody, what was said on this terminal. */
  #announced: ReadonlySet<string> = new Set();

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly elapsedSeconds: () => number,
  ) {
    this.colors = colorsOf(stream);
    // A terminal that is gone can be told nothing, and what was started still has to be stopped.
    stream.on('error', () => undefined);
  }

  /** Says something that stays, in place of what is shown. */
  say(text: string): void {
    this.#clear();
    this.stream.write(`${text}\n`);
    this.#told.clear();
  }

  /** Says something that stays, below what is shown, which stays as well. */
  conclude(text: string): void {
    this.#drawn = 0;
    this.say(text);
  }

  show(shown: Shown): void {
    if (this.stream.isTTY) this.#redraw(shown);
    else this.#report(shown);
  }

  #redraw({ clusters, fleetReasons, applying, pending = [] }: Shown): void {
    // A terminal that nobody has told its size (a CI job's, one inside of another program) says 0.
    const width = (this.stream.columns || 100) - 1;
    this.#announce(pending);
    const reasons = [...fleetReasons, ...applyingLine(applying, fleetReasons)]
      .flatMap((reason) => reason.split('\n'))
      .flatMap((line) => wrapText(line, width))
      .map((line) => this.colors.yellow(line));
    const room = Math.max(5, (this.stream.rows || 40) - 2);
    const trees = (fold: boolean) =>
      clusters.flatMap((cluster) => renderTree(cluster.tree, { width, fold, colors: this.colors }));
    // Where not all has room, what is ready is the least interesting.
    const whole = [...reasons, ...none(clusters, applying), ...trees(false)];
    // A longer line would wrap, and redrawing counts lines.
    const lines = (whole.length > room ? [...reasons, ...trees(true)] : whole).map((line) => fitLine(line, width));
    const shown =
      lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`] : lines;
    this.#clear();
    if (shown.length > 0) this.stream.write(`${shown.join('\n')}\n`);
    this.#drawn = shown.length;
  }

  /** Says new lines in place of what is redrawn: cut to the width of the terminal, their commands were worth nothing. */
  #announce(pending: readonly string[]): void {
    const news = pending.filter((line) => !this.#announced.has(line));
    this.#announced = new Set(pending);
    for (const line of news) this.say(this.colors.yellow(line));
  }

  #report({ clusters, fleetReasons, applying, pending = [] }: Shown): void {
    // What stands ready as an earlier revision asks is no news about this one.
    const about = applying === undefined ? clusters : clusters.filter(({ ready }) => !ready);
    const news = [
      ...fleetReasons.map((reason) => [reason.split(':')[0] ?? '', reason]),
      ...applyingLine(applying, fleetReasons).map((line) => ['revision', line]),
      ...none(clusters, applying).map((line) => ['clusters', line]),
      ...about.map((cluster) => [`cluster ${cluster.title}`, stateOf(cluster)]),
      ...pending.map((line) => [line, line]),
    ] as const;
    const before = this.#told;
    this.#told = new Map(news.map(([subject = '', text = '']) => [subject, stable(text)]));
    const time = `${this.elapsedSeconds().toFixed(1)}s`.padStart(6);
    for (const [subject = '', text = ''] of news) {
      if (before.get(subject) === stable(text)) continue;
      this.stream.write(
        `${text
          .split('\n')
          .map((line) => `${time}  ${line}`)
          .join('\n')}\n`,
      );
    }
  }

  #clear(): void {
    if (this.#drawn === 0) return;
    // To the first column: keys that were typed meanwhile (Ctrl-C, too) have moved the cursor.
    this.stream.write(`\r${ESCAPE}[${this.#drawn}A${ESCAPE}[0J`);
    this.#drawn = 0;
  }
}

function applyingLine(revision: string | undefined, fleetReasons: readonly string[]): string[] {
  return revision === undefined || fleetReasons.length > 0
    ? []
    : [`Revision ${revision.slice(0, 12)} is being applied.`];
}

/** While a revision is being applied, clusters may still come. */
function none(clusters: readonly ClusterView[], applying: string | undefined): string[] {
  return clusters.length === 0 && applying === undefined ? ['No clusters.'] : [];
}

function stateOf({ title, ready, controlPlane, workers, reason }: ClusterView): string {
  if (ready) return `${title}: ready`;
  const counts = `control plane ${controlPlane.ready}/${controlPlane.desired}, workers ${workers.ready}/${workers.desired}`;
  return `${title}: ${counts}${reason === '' ? '' : `; ${reason}`}`;
}

/** Without what changes with every attempt: a job's id, a time that runs. */
function stable(text: string): string {
  return text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9.]+ ?(ms|s|m|h)\b/g, '…');
}
