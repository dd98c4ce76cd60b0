import { byText } from '../base/order.ts';
import { TEXT } from './json-patterns.ts';

// Sources of regular expressions for shapes in canonical JSON. A shape is a closed set of fields, in one order and without
// white space, so that what may stand at each place is known: an expression that is put together from it goes through a
// record once, in a tenth of the time that parsing and looking takes, and nothing is made of what nobody asks for.
//
// Where it comes to a choice, the next characters decide: however long a text is that does not match, it is gone through
// no more than twice.

/** What comes after a part of a list or an object: the next one, or the end. */
const NEXT_OF_LIST = '(?:,(?!\\])|(?=\\]))';
const NEXT_OF_OBJECT = '(?:,(?!\\})|(?=\\}))';

/** A text that is all of what an anchored expression takes; it has no character that JSON escapes. */
export function quotedPattern({ source }: RegExp): string {
  return `"${source.slice(1, -1)}"`;
}

export function oneOfPattern(values: readonly (string | number)[]): string {
  return `(?:${values.map((value) => escaped(JSON.stringify(value))).join('|')})`;
}

export function listPattern(item: string | undefined): string | undefined {
  return item && `\\[(?:${item}${NEXT_OF_LIST})*\\]`;
}

export function pairPattern(first: string | undefined, second: string | undefined): string | undefined {
  return first && second && `\\[${first},${second}\\]`;
}

export function mappingPattern(item: string | undefined): string | undefined {
  return item && `\\{(?:${TEXT}:${item}${NEXT_OF_OBJECT})*\\}`;
}

interface FieldPattern {
  readonly pattern: string | undefined;
  readonly optional: boolean;
}

export function objectPattern(fields: Iterable<readonly [key: string, field: FieldPattern]>): string | undefined {
  let source = '\\{';
  for (const [key, { pattern, optional }] of [...fields].sort(([a], [b]) => byText(a, b))) {
    if (pattern === undefined) return undefined;
    const field = `${escaped(JSON.stringify(key))}:${pattern}${NEXT_OF_OBJECT}`;
    source += optional ? `(?:${field})?` : field;
  }
  return `${source}\\}`;
}

/** One of several, tried one after the other. */
export function anyPattern(patterns: readonly (string | undefined)[]): string | undefined {
  return patterns.includes(undefined) ? undefined : `(?:${patterns.join('|')})`;
}

function escaped(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}
