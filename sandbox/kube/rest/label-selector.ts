import { labelValueFaults, selectorKeyFaults } from '../registry/names';
import { type FieldError, invalid } from './field-error';

/** One demand on labels, as the text form of selectors states it. Specs know no `Gt` and no `Lt`. */
interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

type Labels = { readonly [key: string]: string } | undefined;

/**
 * What the text form (`a=b,c in (d,e),!f,g>3`) demands of labels.
 * @throws Error worded as the real parser words it, when the text is no selector
 */
export function parseLabelSelector(text: string): (labels: Labels) => boolean {
  const requirements = new Parser(text).selector();
  return (labels) => requirements.every((requirement) => satisfies(requirement, labels?.[requirement.key]));
}

function satisfies({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    default: {
      const [actual, bound] = [int64(value ?? ''), int64(values[0] ?? '')];
      if (actual === undefined || bound === undefined) return false;
      return operator === 'Gt' ? actual > bound : actual < bound;
    }
  }
}

/** Go's `strconv.ParseInt` of 64 bits. */
function int64(text: string): bigint | undefined {
  if (!/^[-+]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** Longer symbols first. */
const TOKEN = /==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+/g;
const SYMBOL = /^[=!(),<>]/;
const OPERATORS: { readonly [token: string]: Requirement['operator'] } = {
  in: 'In',
  notin: 'NotIn',
  '=': 'In',
  '==': 'In',
  '!=': 'NotIn',
  '>': 'Gt',
  '<': 'Lt',
};
const KNOWN_OPERATORS = 'in, notin, =, ==, !=, gt, lt';
/** The token after the last one. */
const END = '';

const isWord = (token: string): boolean => token !== END && !SYMBOL.test(token);

const found = (token: string, expected: string): Error => new Error(`found '${token}', expected: ${expected}`);

/** The real server's grammar, where `in` and `notin` are operators behind a key alone, and words everywhere else. */
class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(TOKEN) ?? [];
  }

  selector(): Requirement[] {
    const requirements: Requirement[] = [];
    while (this.#next() !== END) {
      if (!isWord(this.#next()) && this.#next() !== '!') throw found(this.#next(), "!, identifier, or 'end of string'");
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator === END) break;
      if (separator !== ',') throw found(separator, "',' or 'end of string'");
      if (!isWord(this.#next()) && this.#next() !== '!') throw found(this.#next(), "identifier after ','");
    }
    return requirements;
  }

  #requirement(): Requirement {
    try {
      return this.#parsedRequirement();
    } catch (error) {
      throw new Error(`unable to parse requirement: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #parsedRequirement(): Requirement {
    const isNegated = this.#next() === '!';
    if (isNegated) this.#take();
    const key = this.#take();
    if (!isWord(key)) throw found(key, 'identifier');
    const faults = selectorKeyFaults(key);
    if (faults.length > 0) throw refused([invalid('<nil>', key, faults.join('; '))]);
    if (isNegated) return { key, operator: 'DoesNotExist', values: [] };
    if (this.#next() === END || this.#next() === ',') return { key, operator: 'Exists', values: [] };
    const token = this.#take();
    const operator = OPERATORS[token];
    if (operator === undefined) throw found(token, KNOWN_OPERATORS);
    const values = token === 'in' || token === 'notin' ? this.#values() : [this.#exactValue()];
    checkValues(key, operator, values);
    return { key, operator, values };
  }

  #exactValue(): string {
    if (this.#next() === END || this.#next() === ',') return '';
    const token = this.#take();
    if (!isWord(token)) throw found(token, 'identifier');
    return token;
  }

  /** `(a,b)`; what is left out between its commas is the empty value. */
  #values(): string[] {
    const open = this.#take();
    // The one message without a comma.
    if (open !== '(') throw new Error(`found '${open}' expected: '('`);
    const values = new Set<string>();
    if (this.#next() === ')') values.add('');
    else if (!isWord(this.#next()) && this.#next() !== ',') throw found(this.#next(), "',', ')' or identifier");
    else this.#list(values);
    this.#take();
    return [...values].sort();
  }

  /** Up to the closing parenthesis, which must follow a value or a comma, but not a second comma in a row. */
  #list(values: Set<string>): void {
    for (;;) {
      const token = this.#take();
      const next = this.#next();
      if (isWord(token)) {
        values.add(token);
        if (next === ')') return;
        if (next !== ',') throw found(next, "',' or ')'");
      } else if (token === ',') {
        if (values.size === 0 || next === ')' || next === ',') values.add('');
        if (next === ')') return;
        if (next === ',') this.#take();
      } else throw found(token, "',', or identifier");
    }
  }

  #next(): string {
    return this.#tokens[this.#at] ?? END;
  }

  #take(): string {
    return this.#tokens[this.#at++] ?? END;
  }
}

function checkValues(key: string, operator: Requirement['operator'], values: readonly string[]): void {
  const errors: FieldError[] = [];
  for (const [index, value] of values.entries()) {
    if ((operator === 'Gt' || operator === 'Lt') && int64(value) === undefined) {
      errors.push(invalid(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
    }
    const faults = labelValueFaults(value);
    if (faults.length > 0) errors.push(invalid(`values[${index}][${key}]`, value, faults.join('; ')));
  }
  if (errors.length > 0) throw refused(errors);
}

function refused(errors: readonly FieldError[]): Error {
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  return new Error(texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`);
}
