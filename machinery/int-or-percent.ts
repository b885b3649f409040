/** A number of machines, or a share of the desired ones (`"25%"`). */
export type IntOrPercent = number | string;

/**
 * The number a value stands for.
 * @throws Error when a text is not a percentage.
 */
export function resolveIntOrPercent(value: IntOrPercent, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const match = /^(\d+)%$/.exec(value);
  if (match === null) throw new Error(`${JSON.stringify(value)} is neither a whole number nor a percentage`);
  const share = (Number(match[1]) * total) / 100;
  return rounding === 'up' ? Math.ceil(share) : Math.floor(share);
}
