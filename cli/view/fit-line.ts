import { stripVTControlCharacters } from 'node:util';

const ESCAPE = '\u001b';
const COLOUR_OR_CHARACTER = new RegExp(`${ESCAPE}\\[[0-9;]*m|.`, 'gsu');

/** How many columns a line takes: colours take none. */
export function visibleWidth(line: string): number {
  return [...stripVTControlCharacters(line)].length;
}

/** Breaks a text between words into lines of a number of characters; words that are longer stay whole. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Cuts a line to a number of visible characters. */
export function fitLine(line: string, width: number): string {
  if (visibleWidth(line) <= width) return line;
  let visible = 0;
  let fitted = '';
  for (const [part] of line.matchAll(COLOUR_OR_CHARACTER)) {
    if (part.startsWith(`${ESCAPE}[`)) fitted += part;
    else if (++visible < width) fitted += part;
    else if (visible === width) fitted += '…';
  }
  return fitted;
}
