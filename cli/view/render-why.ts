import type { Blocking } from './blocking';
import { type Colors, PLAIN } from './colors';

/** What an answer comes with. */
export interface Besides {
  /** What besides keeps the cluster from following git. */
  readonly git?: readonly Blocking[] | undefined;
  /** Members that are paused, where nothing blocks. */
  readonly paused?: readonly Blocking[] | undefined;
  /** @default - none */
  readonly colors?: Colors | undefined;
}

/** The answer of `capstan why` as text. `now` is in milliseconds since the epoch. */
export function renderWhy(
  subject: string,
  blocking: Blocking | undefined,
  now: number,
  { git = [], paused = [], colors = PLAIN }: Besides = {},
): string {
  if (blocking === undefined)
    return [`${colors.green('●')} ${subject}: nothing blocks it`, ...paused.map(pausedLine), ''].join('\n');
  const lines = [
    `${colors.yellow('○')} ${subject} waits for ${colors.bold(blocking.object)}`,
    `  reason   ${blocking.condition}: ${blocking.reason}`,
    `  since    ${blocking.since} (${age(blocking.since, now)})`,
  ];
  if (blocking.message !== '') lines.push(`  message  ${indented(blocking.message)}`);
  const { warning } = blocking;
  if (warning !== undefined)
    lines.push(`  event    ${indented(`${warning.reason} (${age(warning.at, now)} ago): ${warning.message}`)}`);
  if (blocking.cloudstackJob !== undefined) lines.push(`  job      ${blocking.cloudstackJob}`);
  lines.push(`  next     ${blocking.nextStep}`);
  if (blocking.path.length > 1) lines.push(colors.dim(`  path     ${blocking.path.join(' → ')}`));
  for (const { object, reason, message, nextStep } of git)
    lines.push(`  git      ${indented(`${object}: ${reason}: ${message}\n${nextStep}`)}`);
  return `${lines.join('\n')}\n`;
}

function pausedLine({ object, message, nextStep }: Blocking): string {
  return `  paused   ${indented(`${object}: ${message}\n${nextStep}`)}`;
}

function indented(text: string): string {
  return text.split('\n').join('\n           ');
}

function age(since: string, now: number): string {
  return duration(now - Date.parse(since));
}

/** `42s`, `3m5s`, `2h10m`, `4d3h`, as kubectl prints ages. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes}m${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h${minutes % 60}m` : `${Math.floor(hours / 24)}d${hours % 24}h`;
}
