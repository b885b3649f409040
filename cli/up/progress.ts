import type { ClusterView } from '../view/cluster-view';
import { renderTree } from '../view/render-tree';

const ESCAPE = '\u001b';
const COLOUR_OR_CHARACTER = new RegExp(`${ESCAPE}\\[[0-9;]*m|.`, 'gsu');

/** Shows how clusters come up: redrawn in place on a terminal, a line for each change elsewhere. */
export class Progress {
  #drawn = 0;
  #last = '';

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly elapsedSeconds: () => number,
  ) {}

  /** Says something that stays. */
  say(text: string): void {
    this.#clear();
    this.stream.write(`${text}\n`);
    this.#last = '';
  }

  show(clusters: readonly ClusterView[]): void {
    if (this.stream.isTTY) this.#redraw(clusters);
    else this.#report(clusters);
  }

  #redraw(clusters: readonly ClusterView[]): void {
    const columns = this.stream.columns ?? 100;
    const lines = clusters.flatMap((cluster) => renderTree(cluster.tree)).map((line) => fitLine(line, columns - 1));
    const room = Math.max(5, (this.stream.rows ?? 40) - 2);
    const shown =
      lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`] : lines;
    this.#clear();
    this.stream.write(`${shown.join('\n')}\n`);
    this.#drawn = shown.length;
  }

  #report(clusters: readonly ClusterView[]): void {
    const text = clusters
      .map(({ name, ready, controlPlane, workers, reasons }) => {
        const counts = `control plane ${controlPlane.ready}/${controlPlane.desired}, workers ${workers.ready}/${workers.desired}`;
        return `${name}: ${ready ? 'ready' : counts}${ready || reasons[0] === undefined ? '' : `; ${reasons.at(-1)}`}`;
      })
      .join('\n');
    if (text === this.#last) return;
    this.#last = text;
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
