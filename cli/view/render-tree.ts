import type { TreeNode } from './cluster-view';
import { type Colors, PLAIN } from './colors';
import { fitLine, visibleWidth, wrapText } from './fit-line';

/**
 * The tree as lines of text; ready branches are folded into one line when `fold` is set.
 * @param options.width - columns that a line may take. @default - as many as it needs
 * @param options.colors - @default - none
 */
export function renderTree(
  root: TreeNode,
  options: { readonly fold?: boolean; readonly width?: number | undefined; readonly colors?: Colors } = {},
): string[] {
  const { fold = false, width = Number.POSITIVE_INFINITY, colors = PLAIN } = options;
  const lines: string[] = [];
  const visit = (node: TreeNode, lead: string, branch: string) => {
    const mark = node.ready ? colors.green('●') : colors.yellow('○');
    const detail = node.detail === '' ? '' : `  ${colors.dim(node.detail)}`;
    const reason = node.reason === '' ? '' : `  ${colors.yellow(node.reason)}`;
    const head = `${lead}${branch}${mark} ${node.label}${detail}`;
    // What the cluster waits for is not cut.
    if (node === root && visibleWidth(head + reason) > width)
      lines.push(head, ...wrapText(node.reason, width - 3).map((line) => `│  ${colors.yellow(line)}`));
    else lines.push(head + reason);
    if (fold && node.ready) return;
    const below = branch === '' ? lead : lead + (branch.startsWith('└') ? '   ' : '│  ');
    for (const [index, child] of node.children.entries()) {
      visit(child, below, index === node.children.length - 1 ? '└─ ' : '├─ ');
    }
  };
  visit(root, '', '');
  return lines.map((line) => fitLine(line, width));
}
