import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fits } from './fits.ts';
import { shapes } from './generated/shapes.mjs';
import { validateManifest, validateProject, validateScenario } from './generated/validators.mjs';
import { definitionOf, rootOf, type Schema, type SchemaKind } from './schema.ts';

const compiled = { project: validateProject, manifest: validateManifest, scenario: validateScenario };
const kinds = Object.keys(compiled) as SchemaKind[];

/** What stands where a schema is not followed. */
const STRAY: readonly unknown[] = ['', ' ', 'x', '30s', 0, -1, 1.5, 1e9, Number.NaN, true, null, [], [1], {}, { a: 1 }];

const PLAIN = {
  string: () => 'x1',
  number: ({ minimum }: Schema) => minimum ?? 1,
  integer: ({ minimum }: Schema) => minimum ?? 1,
  boolean: () => true,
  null: () => null,
} as const;

/** Values that nearly fit: made along the schema from its own examples, with a slip here and there. */
function nearly(schema: Schema, next: () => number, depth: number): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  if (next() < 0.01 || depth > 7) return pick(STRAY);
  if (schema.examples && next() < 0.5) return pick(schema.examples);
  if (schema.$ref) return nearly(definitionOf(schema.$ref.slice('#/definitions/'.length)), next, depth);
  const branches = schema.anyOf ?? (schema.oneOf?.[0]?.$ref ? schema.oneOf : undefined);
  if (branches) return nearly(pick(branches), next, depth);
  if (schema.enum) return pick(schema.enum);
  const type = typeof schema.type === 'string' ? schema.type : pick(schema.type ?? ['object']);
  if (type === 'array')
    return Array.from({ length: Math.floor(next() * 3) }, () => nearly(schema.items ?? {}, next, depth + 1));
  if (type !== 'object') return schema.examples ? pick(schema.examples) : PLAIN[type as keyof typeof PLAIN](schema);
  const value: Record<string, unknown> = {};
  const named = Object.entries(schema.properties ?? {});
  for (const [key, member] of named) {
    const isNeeded = schema.required?.includes(key) || schema.oneOf?.some((branch) => branch.required?.[0] === key);
    if (next() < (isNeeded ? 0.7 : 2 / (named.length + 3))) value[key] = nearly(member, next, depth + 1);
  }
  if (schema.additionalProperties)
    for (const key of ['a', 'b/c', '-d'].slice(0, Math.ceil(next() * 2.02)))
      value[key] = nearly(schema.additionalProperties, next, depth + 1);
  if (next() < 0.01) value['zzz'] = pick(STRAY);
  return value;
}

test('yes and no are those of a compiled validator, for all kinds of files', () => {
  const answers = { yes: 0, no: 0 };
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.integer(), (kind, seed) => {
      let state = seed;
      const draw = (): number => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
      };
      const value = nearly(rootOf(kind), draw, 0);
      const isFit = fits(kind, value);
      answers[isFit ? 'yes' : 'no'] += 1;
      expect(isFit).toBe(compiled[kind](value));
    }),
    { numRuns: 3000 },
  );
  // Else it would say little.
  expect(Math.min(answers.yes, answers.no)).toBeGreaterThan(100);
});

test('each example of each definition gets the same answer, alone in its place', () => {
  const { definitions } = shapes();
  let count = 0;
  for (const [kind, whole] of kinds.map((each) => [each, rootOf(each)] as const)) {
    const tried = (path: readonly string[], value: unknown): void => {
      const file = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
      const named = kind === 'project' ? { name: 'x', ...(file as object) } : file;
      expect([path, value, fits(kind, named)]).toEqual([path, value, compiled[kind](named)]);
      count += 1;
    };
    const walk = (schema: Schema, path: readonly string[]): void => {
      if (path.length > 5) return;
      for (const value of [...(schema.examples ?? []), ...STRAY]) tried(path, value);
      if (schema.$ref) walk(definitionOf(schema.$ref.slice('#/definitions/'.length)), path);
      for (const branch of schema.anyOf ?? []) walk(branch, path);
      for (const [key, member] of Object.entries(schema.properties ?? {})) walk(member, [...path, key]);
      if (schema.additionalProperties) walk(schema.additionalProperties, [...path, 'some']);
    };
    for (const [key, member] of Object.entries(whole.properties ?? {})) walk(member, [key]);
  }
  expect(count).toBeGreaterThan(Object.keys(definitions).length * 10);
});
