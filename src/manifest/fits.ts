import { isObject } from './finding.ts';
import { shapes } from './generated/shapes.mjs';
import { isType, type JsonType } from './json-type.ts';
import type { SchemaKind } from './schema.ts';

/** The keywords of JSON Schema (draft-07) that the vocabulary is written in, as far as yes and no go. */
interface Shape {
  readonly $ref?: string;
  readonly type?: JsonType | readonly JsonType[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Shape;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly propertyNames?: Shape;
  readonly additionalProperties?: false | Shape;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly dependencies?: Readonly<Record<string, readonly string[] | Shape>>;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly not?: Shape;
  readonly if?: Shape;
  readonly then?: Shape;
}

type Fits = (value: unknown) => boolean;

const byKind = new Map<SchemaKind, Fits>();
const byDefinition = new Map<string, Fits>();
const byPattern = new Map<string, RegExp>();

/**
 * Whether a parsed file fits its schema: yes or no; `walkSchema` says what is wrong. The answer comes from predicates
 * that are made of the schema, each when a file first needs it: most projects use a small part of the vocabulary.
 */
export function fits(kind: SchemaKind, value: unknown): boolean {
  return remembered(byKind, kind, () => predicate(shapes()[kind]))(value);
}

function remembered<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = make();
  known.set(key, value);
  return value;
}

/** All that a schema demands, in the sense of JSON Schema: a keyword for texts says nothing of numbers. */
function predicate(schema: Shape): Fits {
  const tests = [
    ...ofTypes(schema),
    ...ofTexts(schema),
    ...ofNumbers(schema),
    ...ofLists(schema),
    ...ofObjects(schema),
  ];
  tests.push(...ofAlternatives(schema));
  const [first, second] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (tests.length === 2) return (value) => first(value) && second(value);
  return (value) => {
    for (const test of tests) if (!test(value)) return false;
    return true;
  };
}

/** A predicate that is made when it is first asked. */
function later(schema: Shape): Fits {
  let made: Fits | undefined;
  return (value) => {
    made ??= predicate(schema);
    return made(value);
  };
}

function* ofTypes({ $ref, type, enum: words, const: only }: Shape): Iterable<Fits> {
  if ($ref !== undefined) {
    const name = $ref.slice('#/definitions/'.length);
    yield remembered(byDefinition, name, () => later(shapes().definitions[name]!));
  }
  if (type !== undefined) {
    const types = typeof type === 'string' ? [type] : type;
    const [first] = types;
    yield types.length === 1 ? (value) => isType(value, first!) : (value) => types.some((each) => isType(value, each));
  }
  if (words !== undefined) yield (value) => words.includes(value);
  if (only !== undefined) yield (value) => value === only;
}

function* ofTexts({ pattern }: Shape): Iterable<Fits> {
  if (pattern === undefined) return;
  const expression = remembered(byPattern, pattern, () => new RegExp(pattern, 'u'));
  yield (value) => typeof value !== 'string' || expression.test(value);
}

function* ofNumbers({ minimum, maximum }: Shape): Iterable<Fits> {
  if (minimum !== undefined) yield (value) => typeof value !== 'number' || value >= minimum;
  if (maximum !== undefined) yield (value) => typeof value !== 'number' || value <= maximum;
}

function* ofLists({ items, minItems }: Shape): Iterable<Fits> {
  if (minItems !== undefined) yield (value) => !Array.isArray(value) || value.length >= minItems;
  if (items === undefined) return;
  const fitsItem = later(items);
  yield (value) => !Array.isArray(value) || value.every(fitsItem);
}

function* ofObjects(schema: Shape): Iterable<Fits> {
  const { required, minProperties, dependencies } = schema;
  const { properties, additionalProperties, propertyNames } = schema;
  if (properties !== undefined || additionalProperties !== undefined || propertyNames !== undefined)
    yield ofMembers(schema);
  if (required !== undefined) yield (value) => !isObject(value) || required.every((key) => Object.hasOwn(value, key));
  if (minProperties !== undefined) yield (value) => !isObject(value) || Object.keys(value).length >= minProperties;
  for (const [key, needed] of Object.entries(dependencies ?? {})) {
    const fitsWhole = predicate(isList(needed) ? { required: needed } : needed);
    yield (value) => !isObject(value) || !Object.hasOwn(value, key) || fitsWhole(value);
  }
}

function isList(needed: readonly string[] | Shape): needed is readonly string[] {
  return Array.isArray(needed);
}

function ofMembers({ properties = {}, additionalProperties, propertyNames }: Shape): Fits {
  const known = new Map(Object.entries(properties).map(([key, schema]) => [key, later(schema)]));
  const other = typeof additionalProperties === 'object' ? later(additionalProperties) : undefined;
  const names = propertyNames && predicate(propertyNames);
  return (value) => {
    if (!isObject(value)) return true;
    for (const key of Object.keys(value)) {
      if (names && !names(key)) return false;
      const fitsMember = known.get(key) ?? other;
      if (fitsMember ? !fitsMember(value[key]) : additionalProperties === false) return false;
    }
    return true;
  };
}

function* ofAlternatives({ anyOf, oneOf, not, if: condition, then }: Shape): Iterable<Fits> {
  if (anyOf !== undefined) {
    const branches = anyOf.map(later);
    yield (value) => branches.some((branch) => branch(value));
  }
  if (oneOf !== undefined) {
    const branches = oneOf.map(later);
    yield (value) => branches.filter((branch) => branch(value)).length === 1;
  }
  if (not !== undefined) {
    const refused = predicate(not);
    yield (value) => !refused(value);
  }
  if (condition !== undefined && then !== undefined) {
    const [applies, demanded] = [predicate(condition), predicate(then)];
    yield (value) => !applies(value) || demanded(value);
  }
}
