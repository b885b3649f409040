import pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

/** For what is no terminal: a file, a pipe, a text that is compared. */
export const PLAIN: Colors = pc.createColors(false);

/**
 * Colours when the stream is a terminal that shows them. `NO_COLOR` (no-color.org) and `FORCE_COLOR` decide before that;
 * `CI` alone does not, because what a pipeline reads there is text.
 */
export function colorsOf(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>> = process.env,
): Colors {
  if ((env.NO_COLOR ?? '') !== '') return PLAIN;
  const forced = env.FORCE_COLOR ?? '';
  if (forced !== '') return pc.createColors(forced !== '0' && forced !== 'false');
  return pc.createColors(stream.isTTY === true && env.TERM !== 'dumb');
}
