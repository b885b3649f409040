import { isIP } from 'node:net';
import { type ASTNode, Environment, Optional } from '@marcbachmann/cel-js';
import { isJsonObject } from '../../../machinery/json';
import { parseQuantity } from './quantity';

/** A compiled rule. */
export interface CelProgram {
  readonly usesOldSelf: boolean;
  readonly ast: ASTNode;
  /** @throws Error when the expression fails on these values */
  run(variables: { readonly self: unknown; readonly oldSelf: unknown }): unknown;
}

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: 20_000, maxDepth: 100 },
});
for (const [signature, implementation] of kubernetesFunctions())
  environment.registerFunction(signature, implementation);

const programs = new Map<string, CelProgram>();

/** Compiles a rule once. An expression that does not parse gives a program that fails with the parser's message. */
export function compileCel(expression: string): CelProgram {
  let program = programs.get(expression);
  if (program === undefined) {
    program = build(expression);
    programs.set(expression, program);
  }
  return program;
}

function build(expression: string): CelProgram {
  const parsed = environment.parse(expression);
  return {
    usesOldSelf: /\boldSelf\b/.test(expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""')),
    ast: parsed.ast,
    run: ({ self, oldSelf }) => parsed({ self, oldSelf: isOptional(oldSelf) ? optionalOf(oldSelf.value) : oldSelf }),
  };
}

/** Whether an expression is CEL; the parser's message when it is not. */
export function celFault(expression: string): string | undefined {
  try {
    compileCel(expression);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error);
  }
}

const isOptional = (value: unknown): value is { optional: true; value: unknown } =>
  isJsonObject(value) && value['optional'] === true && 'value' in value && Object.keys(value).length === 2;

const optionalOf = (value: unknown): unknown => (value === undefined ? Optional.none() : Optional.of(value));

/** Kubernetes' own additions to CEL (`libraries.md` 11). */
function kubernetesFunctions(): readonly (readonly [string, (...values: never[]) => unknown])[] {
  return [
    ['isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined],
    ['quantity(string): dyn', (text: string) => parseQuantity(text) ?? fail(`quantity: ${text}`)],
    ['dyn.isGreaterThan(dyn): bool', (left: number, right: number) => left > right],
    ['dyn.isLessThan(dyn): bool', (left: number, right: number) => left < right],
    ['dyn.compareTo(dyn): int', (left: number, right: number) => BigInt(Math.sign(left - right))],
    ['isIP(string): bool', (text: string) => isIP(text) !== 0],
    ['isCIDR(string): bool', isCidr],
    ['isURL(string): bool', (text: string) => URL.canParse(text)],
    ['string.find(string): string', (text: string, pattern: string) => new RegExp(pattern, 'u').exec(text)?.[0] ?? ''],
    [
      'string.findAll(string): list',
      (text: string, pattern: string) => [...text.matchAll(new RegExp(pattern, 'gu'))].map((match) => match[0]),
    ],
    ['string.replace(string, string): string', (text: string, from: string, to: string) => text.replaceAll(from, to)],
    [
      'list.isSorted(): bool',
      (list: readonly unknown[]) => list.every((item, index) => index === 0 || atMost(list[index - 1], item)),
    ],
  ];
}

function isCidr(text: string): boolean {
  const [address = '', length = ''] = text.split('/');
  const family = isIP(address);
  return family !== 0 && /^\d+$/.test(length) && Number(length) <= (family === 4 ? 32 : 128);
}

const atMost = (left: unknown, right: unknown): boolean =>
  (typeof left === 'bigint' && typeof right === 'bigint' && left <= right) ||
  (typeof left === 'string' && typeof right === 'string' && left <= right) ||
  (typeof left === 'number' && typeof right === 'number' && left <= right);

function fail(message: string): never {
  throw new Error(message);
}
