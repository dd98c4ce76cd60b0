import { nearestWord } from '../base/nearest.ts';
import { type Finding, keyName, type Place } from './finding.ts';
import { flowText, quoted, shortFlowText } from './flow-text.ts';
import type { JsonType } from './json-type.ts';
import { definitionOf, type Schema } from './schema.ts';

/** The types that a schema allows, through references and alternatives. */
export function typesOf(schema: Schema): readonly JsonType[] {
  if (schema.$ref) return typesOf(definitionOf(schema.$ref.slice('#/definitions/'.length)));
  if (schema.anyOf) return schema.anyOf.flatMap(typesOf);
  if (schema.oneOf?.[0]?.$ref) return typesOf(schema.oneOf[0]);
  if (schema.type === undefined) return [];
  return typeof schema.type === 'string' ? [schema.type] : schema.type;
}

/** The value is of another type than the key wants. */
export function wrongType(value: unknown, schema: Schema, place: Place): Finding {
  const isEmpty = value === null;
  const wanted = wantedText(schema);
  const duration = durationOf(schema);
  const found = isEmpty ? `${keyName(place)} is empty` : `${keyName(place)} is ${foundText(value)}`;
  const help = helpFor(value, schema, place);
  const base = { pointer: place.pointer, at: isEmpty ? 'key' : 'value', remove: place.pointer } as const;
  if (duration && typeof value === 'number') {
    return {
      code: 'bad-duration',
      message: `${keyName(place)} needs a unit: \`s\`, \`m\`, \`h\` or \`d\``,
      help: withUnit(value, schema),
      ...base,
    };
  }
  return { code: 'wrong-type', message: `${found}; ${wanted} is needed`, ...(help ? { help } : {}), ...base };
}

/** A number that is to be a duration, with the units that make sense of it: what is measured in days is not said in seconds. */
export function withUnit(digits: number | string, { examples = [], minimumDuration }: Schema): string {
  if (examples.length > 0 && examples.every((each) => String(each).endsWith('d'))) {
    const isTooShort = minimumDuration !== undefined && Number(digits) < Number.parseInt(minimumDuration, 10);
    return isTooShort ? `write \`${minimumDuration}\` or more days` : `write \`${digits}d\` for days`;
  }
  return `write \`${digits}s\` for seconds or \`${digits}m\` for minutes`;
}

function durationOf(schema: Schema): boolean {
  return schema.patternErrorMessage?.startsWith('a duration') ?? false;
}

function foundText(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return `\`${value}\``;
  if (typeof value === 'number') return Number.isFinite(value) ? `the number ${value}` : 'no finite number';
  return 'a mapping';
}

const typeWords: Readonly<Record<Exclude<JsonType, 'null'>, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: '`true` or `false`',
  array: 'a list',
  object: 'a mapping',
};

function wantedText(schema: Schema): string {
  const words = [...new Set(typesOf(schema))].flatMap((type) => (type === 'null' ? [] : [typeWords[type]]));
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : (words[0] ?? 'another value');
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function helpFor(value: unknown, schema: Schema, place: Place): string | undefined {
  if (place.pointer.length === 0)
    return 'begin with keys such as `assets:`, and write what they hold below them, indented';
  const types = typesOf(schema);
  const last = place.pointer.at(-1);
  const prefix = typeof last === 'string' ? `${flowText(last)}: ` : '';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'if it is text, write it in quotes';
  const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (types.includes('array') && isScalar && typesOf(schema.items ?? {}).includes('string')) {
    return `write \`${prefix}[${flowText(String(value))}]\``;
  }
  if (types.includes('boolean') && typeof value === 'string' && /^(y|yes|on|n|no|off)$/i.test(value)) {
    return `write \`${prefix}${/^(y|yes|on)$/i.test(value)}\``;
  }
  if (typeof last === 'string' && last.endsWith('_seconds') && typeof value === 'string') {
    const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(value) ?? [];
    if (count !== undefined) return `write \`${prefix}${Number(count) * secondsOf[unit!]!}\`: seconds, without a unit`;
  }
  if (types.includes('integer') && typeof value === 'string' && /^\d+$/.test(value))
    return `write \`${prefix}${value}\` without quotes`;
  if (schema.patternErrorMessage?.startsWith('a bound') && typeof value === 'number')
    return `write \`${prefix}${quoted(`> ${value}`)}\``;
  // The value has lost how it was written (`1.10`), so the example keeps to what is certain.
  if (types.includes('string') && typeof value === 'number')
    return 'write it in quotes, so that every digit stays as it is';
  if (types.includes('string') && typeof value === 'boolean') {
    const asText = `\`${prefix}${quoted(String(value))}\``;
    const example = exampleFor(schema, prefix);
    // A switch where a name is wanted: the name is meant far more often than the word.
    return example === undefined ? `write ${asText}` : `${example}; as text it is ${asText}`;
  }
  return exampleFor(schema, prefix);
}

function exampleFor(schema: Schema, prefix: string): string | undefined {
  const example = schema.examples?.map((each) => shortFlowText(each)).find((each) => each !== undefined);
  if (example !== undefined) return `for example \`${prefix}${example}\``;
  return typesOf(schema).includes('object')
    ? `write its keys below it, indented, or \`${prefix}{}\` if there are none`
    : undefined;
}

/** The value is none of the words that the key knows. */
export function wrongWord(value: unknown, schema: Schema, place: Place, planned: readonly string[] = []): Finding {
  const words = (schema.enum ?? []).filter((word) => word !== null).map(String);
  const base = { pointer: place.pointer, at: 'value', remove: place.pointer } as const;
  if (typeof value === 'string' && place.pointer.at(-1) === 'type' && planned.includes(value)) {
    return {
      code: 'planned-key',
      message: `\`type: ${value}\` is planned but this version does not obey it yet`,
      help: `use ${wordList(words)}`,
      ...base,
    };
  }
  const near = nearestWord(String(value), words);
  const known = words.length === 1 ? `the only value is ${wordList(words)}` : `known are ${wordList(words)}`;
  return {
    code: 'unknown-value',
    message: `${keyName(place)} cannot be \`${String(value)}\`${near ? `; did you mean \`${near}\`?` : ''}`,
    help: known,
    ...base,
  };
}

function wordList(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}
