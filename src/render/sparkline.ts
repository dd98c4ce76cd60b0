/** Seven heights: the eighth, `█`, stands out of the line in most fonts. */
const BARS = '▁▂▃▄▅▆▇';

/**
 * Values as a line of bars between 0 and `max` (default: the largest); undefined ones, days without data, are `·`. The
 * empty text when no value is known.
 */
export function sparkline(values: readonly (number | undefined)[], max?: number): string {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return '';
  const top = max ?? Math.max(...known);
  return values
    .map((value) => {
      if (value === undefined) return '·';
      const height = top <= 0 ? 0 : Math.round((Math.max(0, Math.min(value, top)) / top) * (BARS.length - 1));
      return BARS[height];
    })
    .join('');
}
