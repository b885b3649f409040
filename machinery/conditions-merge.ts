import {
  type Condition,
  type ConditionReport,
  type ConditionStatus,
  findCondition,
  NOT_YET_REPORTED,
  notYetReported,
} from './conditions';

/** How a condition weighs when several become one. */
export type Weight = 'issue' | 'unknown' | 'info';

/** Reasons of the resulting condition, by the weightiest input. */
export interface MergeReasons {
  readonly issue: string;
  readonly unknown: string;
  readonly info: string;
}

const WEIGHTS: readonly Weight[] = ['issue', 'unknown', 'info'];

/** A condition of negative polarity (`Deleting`, `ScalingUp`, …) is an issue when it is True. */
export function weigh(condition: { status: ConditionStatus }, negative: boolean): Weight {
  if (condition.status === 'Unknown') return 'unknown';
  return (condition.status === 'True') === negative ? 'issue' : 'info';
}

function heaviest(weights: readonly Weight[]): Weight {
  return WEIGHTS.find((weight) => weights.includes(weight)) ?? 'info';
}

function statusFor(weight: Weight, targetNegative: boolean): ConditionStatus {
  if (weight === 'unknown') return 'Unknown';
  return (weight === 'issue') === targetNegative ? 'True' : 'False';
}

/** A message under a heading: on the same line, or as an indented list when it has several lines. */
function under(message: string): string {
  if (!message.includes('\n') && !message.startsWith('* ')) return ` ${message}`;
  const isList = message.startsWith('* ');
  return message
    .split('\n')
    .map((line, index) => (isList ? `\n  ${line}` : index === 0 ? `\n  * ${line}` : `\n    ${line}`))
    .join('');
}

export interface SummaryOptions {
  /** Type of the result. */
  readonly target: string;
  /** Inputs in the order their lines appear. */
  readonly types: readonly string[];
  readonly reasons: MergeReasons;
  /** Types that are good when False. */
  readonly negative?: readonly string[] | undefined;
  /** Types that are left out when the object does not report them. */
  readonly optional?: readonly string[] | undefined;
  /** Reports that count instead of what the object carries. */
  readonly override?: readonly ConditionReport[] | undefined;
  /** Weight of an input where the rule of polarity does not fit. */
  readonly weight?: ((condition: ConditionReport, usual: Weight) => Weight) | undefined;
  /** Last word on the lines of issues and unknowns. */
  readonly lines?: ((lines: readonly SummaryLine[]) => readonly SummaryLine[]) | undefined;
}

export interface SummaryLine {
  readonly type: string;
  readonly message: string;
}

/** Several conditions of one object as one. */
export function summarize(conditions: readonly Condition[] | undefined, options: SummaryOptions): ConditionReport {
  const inputs = options.types.flatMap((type): ConditionReport[] => {
    const found = options.override?.find((report) => report.type === type) ?? findCondition(conditions, type);
    if (found !== undefined) return [found];
    return options.optional?.includes(type) === true ? [] : [notYetReported(type)];
  });
  const weighed = inputs.map((input) => {
    const usual = weigh(input, options.negative?.includes(input.type) ?? false);
    return { input, weight: options.weight?.(input, usual) ?? usual };
  });
  const overall = heaviest(weighed.map((entry) => entry.weight));
  const lines = weighed
    .filter(({ input, weight }) =>
      overall === 'info' ? (input.message ?? '') !== '' : weight === 'issue' || weight === 'unknown',
    )
    .map(({ input }) => ({ type: input.type, message: lineOf(input) }));
  const shown = overall === 'info' ? lines : (options.lines?.(lines) ?? lines);
  return {
    type: options.target,
    status: statusFor(overall, false),
    reason: options.reasons[overall],
    message: shown.map((line) => `* ${line.type}:${under(line.message)}`).join('\n'),
  };
}

function lineOf(input: ConditionReport): string {
  if (input.reason === NOT_YET_REPORTED) return 'Condition not yet reported';
  return input.message === undefined || input.message === '' ? input.reason : input.message;
}

/** One object whose condition takes part in an aggregation. */
export interface AggregateInput {
  readonly kind: string;
  /** Plural for messages; @default kind + 's' */
  readonly plural?: string | undefined;
  readonly name: string;
  readonly conditions: readonly Condition[] | undefined;
  /** Machines of a control plane are named first. */
  readonly first?: boolean | undefined;
  /** Counts instead of what the object carries. */
  readonly override?: ConditionReport | undefined;
}

export interface AggregateOptions {
  readonly target: string;
  /** The type read from every object. */
  readonly source: string;
  readonly reasons: MergeReasons;
  /** The source is good when False. */
  readonly sourceNegative?: boolean | undefined;
  /** The target is good when False. */
  readonly targetNegative?: boolean | undefined;
}

const MESSAGES_SHOWN = 3;
const NAMES_SHOWN = 3;

interface Group {
  readonly kind: string;
  readonly plural: string;
  readonly message: string;
  names: { name: string; first: boolean }[];
  weight: Weight;
}

/** One condition type of many objects as one. Empty input is the caller's case. */
export function aggregate(inputs: readonly AggregateInput[], options: AggregateOptions): ConditionReport {
  const weighed = inputs.map((input) => {
    const condition =
      input.override ?? findCondition(input.conditions, options.source) ?? notYetReported(options.source);
    return { input, condition, weight: weigh(condition, options.sourceNegative ?? false) };
  });
  const overall = heaviest(weighed.map((entry) => entry.weight));
  const groups = new Map<string, Group>();
  for (const { input, condition, weight } of weighed) {
    if (overall === 'info' ? (condition.message ?? '') === '' : weight === 'info') continue;
    const message = condition.message === undefined || condition.message === '' ? condition.reason : condition.message;
    const key = `${input.kind}\n${message}`;
    const plural = input.plural ?? `${input.kind}s`;
    const group = groups.get(key) ?? { kind: input.kind, plural, message, names: [], weight };
    group.names.push({ name: input.name, first: input.first ?? false });
    group.weight = heaviest([group.weight, weight]);
    groups.set(key, group);
  }
  return {
    type: options.target,
    status: statusFor(overall, options.targetNegative ?? false),
    reason: options.reasons[overall],
    message: aggregateMessage([...groups.values()]),
  };
}

const OTHERS: { readonly [weight in Weight]: string } = {
  issue: 'with other issues',
  unknown: 'with status unknown',
  info: 'with additional info',
};

function aggregateMessage(groups: Group[]): string {
  for (const group of groups) {
    group.names.sort((left, right) => Number(right.first) - Number(left.first) || (left.name < right.name ? -1 : 1));
  }
  groups.sort(
    (left, right) =>
      (left.kind < right.kind ? -1 : left.kind > right.kind ? 1 : 0) ||
      Number(right.names[0]?.first ?? false) - Number(left.names[0]?.first ?? false) ||
      WEIGHTS.indexOf(left.weight) - WEIGHTS.indexOf(right.weight) ||
      right.names.length - left.names.length ||
      (namesOf(left) < namesOf(right) ? -1 : 1),
  );
  const lines = groups.slice(0, MESSAGES_SHOWN).map((group) => {
    const names = group.names.slice(0, NAMES_SHOWN).map((entry) => entry.name);
    const more = group.names.length - names.length;
    const subject = group.names.length === 1 ? group.kind : group.plural;
    return `* ${subject} ${names.join(', ')}${more > 0 ? `, ... (${more} more)` : ''}:${under(group.message)}`;
  });
  return [...lines, ...othersOf(groups.slice(MESSAGES_SHOWN))].join('\n');
}

function othersOf(rest: readonly Group[]): string[] {
  const lines: string[] = [];
  for (const weight of WEIGHTS) {
    const counts = new Map<string, { count: number; plural: string }>();
    for (const group of rest) {
      if (group.weight !== weight) continue;
      const count = (counts.get(group.kind)?.count ?? 0) + group.names.length;
      counts.set(group.kind, { count, plural: group.plural });
    }
    for (const [kind, { count, plural }] of counts) {
      lines.push(`And ${count} ${count === 1 ? kind : plural} ${OTHERS[weight]}`);
    }
  }
  return lines;
}

function namesOf(group: Group): string {
  return group.names.map((entry) => entry.name).join(',');
}
