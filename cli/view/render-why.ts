import pc from 'picocolors';
import type { Blocking } from './why';

/** The answer of `capstan why` as text. `now` is in milliseconds since the epoch. */
export function renderWhy(subject: string, blocking: Blocking | undefined, now: number): string {
  if (blocking === undefined) return `${pc.green('●')} ${subject}: nothing blocks it\n`;
  const lines = [
    `${pc.yellow('○')} ${subject} waits for ${pc.bold(blocking.object)}`,
    `  reason   ${blocking.condition}: ${blocking.reason}`,
    `  since    ${blocking.since} (${duration(now - Date.parse(blocking.since))})`,
  ];
  if (blocking.message !== '') lines.push(`  message  ${blocking.message.split('\n').join('\n           ')}`);
  if (blocking.cloudstackJob !== undefined) lines.push(`  job      ${blocking.cloudstackJob}`);
  lines.push(`  next     ${blocking.nextStep}`);
  if (blocking.path.length > 1) lines.push(pc.dim(`  path     ${blocking.path.join(' → ')}`));
  return `${lines.join('\n')}\n`;
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
