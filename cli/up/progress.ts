import pc from 'picocolors';
import type { ClusterView } from '../view/cluster-view';
import { renderTree } from '../view/render-tree';

const ESCAPE = '\u001b';
const COLOUR_OR_CHARACTER = new RegExp(`${ESCAPE}\\[[0-9;]*m|.`, 'gsu');

/** What there is to show. */
export interface Shown {
  readonly clusters: readonly ClusterView[];
  /** Why the published revision is not applied; empty when it is. */
  readonly fleetReasons: readonly string[];
}

/** Shows how clusters come up: redrawn in place on a terminal, a line for each change elsewhere. */
export class Progress {
  #drawn = 0;
  #last = '';

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly elapsedSeconds: () => number,
  ) {}

  /** Says something that stays, in place of what is shown. */
  say(text: string): void {
    this.#clear();
    this.stream.write(`${text}\n`);
    this.#last = '';
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

  #redraw({ clusters, fleetReasons }: Shown): void {
    const columns = this.stream.columns ?? 100;
    const reasons = fleetReasons.flatMap((reason) => reason.split('\n')).map((line) => pc.yellow(line));
    const room = Math.max(5, (this.stream.rows ?? 40) - 2);
    const trees = (fold: boolean) => clusters.flatMap((cluster) => renderTree(cluster.tree, { width: columns, fold }));
    // Where not all has room, what is ready is the least interesting.
    const whole = [...reasons, ...trees(false)];
    const lines = (whole.length > room ? [...reasons, ...trees(true)] : whole).map((line) =>
      fitLine(line, columns - 1),
    );
    const shown =
      lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`] : lines;
    this.#clear();
    if (shown.length > 0) this.stream.write(`${shown.join('\n')}\n`);
    this.#drawn = shown.length;
  }

  #report({ clusters, fleetReasons }: Shown): void {
    const states = clusters.map(({ name, ready, controlPlane, workers, reasons }) => {
      const counts = `control plane ${controlPlane.ready}/${controlPlane.desired}, workers ${workers.ready}/${workers.desired}`;
      return `${name}: ${ready ? 'ready' : counts}${ready || reasons[0] === undefined ? '' : `; ${reasons.at(-1)}`}`;
    });
    const text = [...fleetReasons, ...states].join('\n');
    if (text === this.#last) return;
    this.#last = text;
    if (text === '') return;
    const time = `${this.elapsedSeconds().toFixed(1)}s`.padStart(6);
    this.stream.write(
      `${text
        .split('\n')
        .map((line) => `${time}  ${line}`)
        .join('\n')}\n`,
    );
  }

  #clear(): void {
    if (this.#drawn === 0) return;
    this.stream.write(`${ESCAPE}[${this.#drawn}A${ESCAPE}[0J`);
    this.#drawn = 0;
  }
}

/** Cuts a line to a number of visible characters; a longer one would wrap, and redrawing counts lines. */
function fitLine(line: string, width: number): string {
  let visible = 0;
  let fitted = '';
  // Colours take no room.
  for (const [part] of line.matchAll(COLOUR_OR_CHARACTER)) {
    if (part.startsWith(`${ESCAPE}[`)) fitted += part;
    else if (visible < width - 1) {
      fitted += part;
      visible++;
    } else if (visible === width - 1) {
      fitted += '…';
      visible++;
    }
  }
  return fitted;
}
