import { COUNT, INTEGER, NUMBER, TEXT } from './json-patterns.ts';
import {
  listPattern,
  mappingPattern,
  objectPattern,
  oneOfPattern,
  pairPattern,
  quotedPattern,
} from './shape-pattern.ts';

/**
 * Shapes of records as small tables: a check answers what is wrong with a value, as `field: what`, or undefined.
 * The tables are tied to the types of `model/` by `Fields`, so a field that a table forgets does not compile.
 */
export interface Check {
  readonly test: (value: unknown) => string | undefined;
  /**
   * Source of a regular expression for such values as `canonicalJson` writes them, made when it is first asked for. What it
   * matches is JSON and passes `test`; what it does not may pass all the same. Undefined: the text does not tell.
   */
  readonly pattern?: () => string | undefined;
}
export interface OptionalCheck extends Check {
  readonly optional: true;
}

/** One check for each field of T: optional ones where the field is optional. */
export type Fields<T> = {
  readonly [K in keyof T]-?: undefined extends T[K] ? OptionalCheck : Check & { readonly optional?: never };
};

/** What `Date.parse` takes, and it is not asked: a state has many thousand instants. */
const TIMESTAMP =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}|24:00:00\.000)Z$/;
const DAY = /^\d{4}-\d\d-\d\d$/;

function expects(what: string, good: (value: unknown) => boolean, pattern?: () => string): Check {
  return {
    test: (value) => (good(value) ? undefined : `expected ${what}, found ${describe(value)}`),
    ...(pattern === undefined ? {} : { pattern }),
  };
}

/** A value in a few words for a message; long texts are cut. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

export const text: Check = expects(
  'text',
  (value) => typeof value === 'string',
  () => TEXT,
);
export const flag: Check = expects(
  'true or false',
  (value) => typeof value === 'boolean',
  () => '(?:true|false)',
);
export const number: Check = expects(
  'a number',
  (value) => typeof value === 'number',
  () => NUMBER,
);
export const amount: Check = expects(
  'a number from 0',
  (value) => Number.isFinite(value) && Number(value) >= 0,
  () => `${COUNT}(?:\\.\\d+)?`,
);
export const count: Check = expects(
  'a whole number from 0',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  () => COUNT,
);
export const integer: Check = expects(
  'a whole number',
  (value) => Number.isSafeInteger(value),
  () => INTEGER,
);
export const json: Check = expects('a JSON value', (value) => value !== undefined);
export const instant: Check = expects(
  'an instant such as 2026-11-22T09:23:00.000Z',
  (value) => typeof value === 'string' && TIMESTAMP.test(value),
  () => quotedPattern(TIMESTAMP),
);
export const day: Check = expects(
  'a day such as 2026-11-22',
  (value) => typeof value === 'string' && DAY.test(value),
  () => quotedPattern(DAY),
);

export function optional(check: Check): OptionalCheck {
  return { ...check, optional: true, test: (value) => (value === undefined ? undefined : check.test(value)) };
}

export function oneOf<const T extends readonly (string | number)[]>(...values: T): Check {
  const known = new Set<unknown>(values);
  const what = values.length > 1 ? `one of ${values.join(', ')}` : String(values[0]);
  return expects(
    what,
    (value) => known.has(value),
    () => oneOfPattern(values),
  );
}

export function list(item: Check): Check {
  return {
    pattern: () => listPattern(item.pattern?.()),
    test: (value) => {
      if (!Array.isArray(value)) return `expected a list, found ${describe(value)}`;
      for (let i = 0; i < value.length; i++) {
        const problem = item.test(value[i]);
        if (problem !== undefined) return within(`[${i}]`, problem);
      }
      return undefined;
    },
  };
}

export function pair(first: Check, second: Check): Check {
  return {
    pattern: () => pairPattern(first.pattern?.(), second.pattern?.()),
    test: (value) =>
      Array.isArray(value) && value.length === 2
        ? (first.test(value[0]) ?? second.test(value[1]))
        : `expected a pair, found ${describe(value)}`,
  };
}

/** A mapping from any name to values of one shape. */
export function mapping(item: Check): Check {
  return {
    pattern: () => mappingPattern(item.pattern?.()),
    test: (value) => {
      if (!isObject(value)) return `expected an object, found ${describe(value)}`;
      for (const key in value) {
        const problem = item.test(value[key]);
        if (problem !== undefined) return within(key, problem);
      }
      return undefined;
    },
  };
}

/** A closed object: every field is checked and an unknown one is a problem. */
export function object<T>(fields: Fields<T>): Check {
  const table = new Map<string, Check>(Object.entries(fields) as [string, Check][]);
  const required = [...table].filter(([, check]) => !('optional' in check)).map(([key]) => key);
  return {
    pattern: () =>
      objectPattern(
        [...table].map(([key, check]) => [key, { pattern: check.pattern?.(), optional: 'optional' in check }]),
      ),
    test: (value) => {
      if (!isObject(value)) return `expected an object, found ${describe(value)}`;
      let found = 0;
      for (const key in value) {
        const check = table.get(key);
        if (!check) return `${key}: not a known field`;
        const problem = check.test(value[key]);
        if (problem !== undefined) return within(key, problem);
        if (!('optional' in check)) found++;
      }
      if (found === required.length) return undefined;
      for (const key of required) if (!Object.hasOwn(value, key)) return `${key}: is missing`;
      return undefined;
    },
  };
}

/** A union told apart by the text of one field. */
export function union(field: string, branches: Readonly<Record<string, Check>>): Check {
  const table = new Map(Object.entries(branches));
  const known = oneOf(...table.keys());
  return {
    test: (value) => {
      if (!isObject(value)) return `expected an object, found ${describe(value)}`;
      const branch = table.get(String(value[field]));
      return branch ? branch.test(value) : within(field, known.test(value[field]) ?? 'unknown');
    },
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function within(key: string, problem: string): string {
  const colon = problem.indexOf(': ');
  const nested = colon > 0 && !problem.startsWith('expected');
  if (!nested) return `${key}: ${problem}`;
  return problem.startsWith('[') ? `${key}${problem}` : `${key}.${problem}`;
}
