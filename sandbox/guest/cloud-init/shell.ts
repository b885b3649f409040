/** Just enough of a POSIX shell to run what kubeadm bootstrap data contains; other programs are logged, not run. */

export interface SimpleCommand {
  readonly words: readonly string[];
  readonly redirect?: { readonly path: string; readonly append: boolean } | undefined;
}

/** When the command runs, given how the one before it ended. */
export type Connector = 'always' | 'and' | 'or';

export interface Step {
  readonly connector: Connector;
  readonly command: SimpleCommand;
}

/** Splits a line at `&&`, `||`, `;`, `|`, `&` and newlines, honouring quotes, and finds redirections of standard output. */
export function parseShell(line: string): readonly Step[] {
  const steps: Step[] = [];
  let connector: Connector = 'always';
  let words: string[] = [];
  let redirect: SimpleCommand['redirect'];
  const finish = (next: Connector) => {
    if (words.length > 0) steps.push({ connector, command: { words, redirect } });
    connector = next;
    words = [];
    redirect = undefined;
  };
  const tokens = tokenize(line);
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token === undefined) break;
    if (!token.isOperator) {
      words.push(token.text);
    } else if (token.text === '&&') {
      finish('and');
    } else if (token.text === '||') {
      finish('or');
    } else if (token.text === '>' || token.text === '>>') {
      const target = tokens[index + 1];
      if (target !== undefined && !target.isOperator) {
        redirect = { path: target.text, append: token.text === '>>' };
        index++;
      }
    } else {
      finish('always');
    }
  }
  finish('always');
  return steps;
}

interface Token {
  readonly text: string;
  readonly isOperator: boolean;
}

const OPERATORS = ['&&', '||', '>>', '>', ';', '|', '&', '\n'];

function tokenize(line: string): readonly Token[] {
  const tokens: Token[] = [];
  let word: string | undefined;
  const flush = () => {
    if (word !== undefined) tokens.push({ text: word, isOperator: false });
    word = undefined;
  };
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    const operator = OPERATORS.find((candidate) => line.startsWith(candidate, index));
    if (character === "'") {
      const end = closing(line, index, "'");
      word = (word ?? '') + line.slice(index + 1, end);
      index = end;
    } else if (character === '"') {
      const end = closing(line, index, '"');
      word = (word ?? '') + line.slice(index + 1, end).replace(/\\(["\\$`])/g, '$1');
      index = end;
    } else if (character === '\\') {
      word = (word ?? '') + line.charAt(++index);
    } else if (character === '#' && word === undefined) {
      const end = line.indexOf('\n', index);
      index = (end < 0 ? line.length : end) - 1;
    } else if (operator !== undefined) {
      // `2>&1`, `2>/dev/null`: redirections of other streams change nothing here.
      const stream = /^[012]?$/.test(word ?? '') ? /^>>?\s*(?:&\d|\S+)/.exec(line.slice(index)) : null;
      if (stream !== null && word !== undefined) {
        word = undefined;
        index += stream[0].length - 1;
        continue;
      }
      flush();
      tokens.push({ text: operator, isOperator: true });
      index += operator.length - 1;
    } else if (/\s/.test(character)) {
      flush();
    } else {
      word = (word ?? '') + character;
    }
  }
  flush();
  return tokens;
}

function closing(line: string, start: number, quote: string): number {
  for (let index = start + 1; index < line.length; index++) {
    if (quote === '"' && line.charAt(index) === '\\') index++;
    else if (line.charAt(index) === quote) return index;
  }
  return line.length;
}
