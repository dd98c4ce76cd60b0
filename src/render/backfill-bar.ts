import type { BackfillProgress } from '../model/backfills.ts';

/** Signs of a bar: what is made, what failed or was left out, what is still to be made. */
export interface BarSigns {
  readonly made: string;
  readonly lacking: string;
  readonly left: string;
}

/**
 * A bar of `width` signs. It is full of `made` only when all is made: what lacks has one sign at least, however little it
 * is of all, and so has what is left.
 */
export function progressBar(
  { total, done, failed, leftOut }: Pick<BackfillProgress, 'total' | 'done' | 'failed' | 'leftOut'>,
  width: number,
  signs: BarSigns,
): string {
  if (total === 0) return signs.left.repeat(width);
  const lacks = failed + leftOut;
  const over = Math.floor(((done + lacks) * width) / total);
  const lacking = lacks === 0 ? 0 : Math.max(1, Math.floor((lacks * width) / total));
  const made = Math.max(0, over - lacking);
  return signs.made.repeat(made) + signs.lacking.repeat(lacking) + signs.left.repeat(width - made - lacking);
}
