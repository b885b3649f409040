import pc from 'picocolors';
import type { TreeNode } from './cluster-view';

/** The tree as lines of text; ready branches are folded into one line when `fold` is set. */
export function renderTree(
  root: TreeNode,
  options: { readonly fold?: boolean; readonly width?: number } = {},
): string[] {
  const lines: string[] = [];
  const visit = (node: TreeNode, lead: string, branch: string) => {
    const mark = node.ready ? pc.green('●') : pc.yellow('○');
    const detail = node.detail === '' ? '' : `  ${pc.dim(node.detail)}`;
    const reason = node.reason === '' ? '' : `  ${pc.yellow(shorten(node.reason, options.width ?? 100))}`;
    lines.push(`${lead}${branch}${mark} ${node.label}${detail}${reason}`);
    if (options.fold === true && node.ready) return;
    const below = branch === '' ? lead : lead + (branch.startsWith('└') ? '   ' : '│  ');
    for (const [index, child] of node.children.entries()) {
      visit(child, below, index === node.children.length - 1 ? '└─ ' : '├─ ');
    }
  };
  visit(root, '', '');
  return lines;
}

function shorten(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
