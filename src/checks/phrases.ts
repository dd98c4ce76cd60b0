import { unreachable } from '../base/result.ts';
import type { CheckKind } from '../model/project.ts';

/** What failing rows do, after `2 of 365 rows`: `share the same day`. */
export function failingPhrase(kind: CheckKind): string {
  switch (kind.type) {
    case 'not_null':
      return `lack ${either(kind.columns)}`;
    case 'unique':
      return `share the same ${kind.columns.join(' and ')}`;
    case 'accepted_values':
      return either(
        Object.entries(kind.values).map(([column, values]) => `a ${column} other than ${listed(values.map(plain))}`),
        'have ',
      );
    case 'range':
      return either(
        Object.entries(kind.ranges).map(([column, range]) => `${column} ${outsideText(range)}`),
        'have ',
      );
    case 'regex':
      return either(
        Object.entries(kind.patterns).map(([column, pattern]) => `a ${column} that does not match ${pattern}`),
        'have ',
      );
    case 'relationships':
      return `have a ${kind.column} that is no ${kind.field} of ${kind.to}`;
    case 'sql':
      return 'returned';
    case 'row_count':
    case 'columns':
    case 'run':
    case 'reported':
    case 'multi':
      return 'fail';
    default:
      return unreachable(kind);
  }
}

function either(items: readonly string[], verb = ''): string {
  return verb + items.join(` or `);
}

const LISTED_MAX = 5;

function listed(values: readonly string[]): string {
  if (values.length <= LISTED_MAX) return values.join(', ');
  return `${values.slice(0, LISTED_MAX).join(', ')} and ${values.length - LISTED_MAX} more`;
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function outsideText(range: { readonly min?: number | string; readonly max?: number | string }): string {
  if (range.min !== undefined && range.max !== undefined) return `outside of ${range.min} to ${range.max}`;
  return range.min === undefined ? `above ${range.max}` : `below ${range.min}`;
}
