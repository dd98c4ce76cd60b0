import { nearestWord } from '../base/nearest.ts';
import { type Finding, isObject, keyName, type Place } from './finding.ts';
import { flowText } from './flow-text.ts';
import { definitionOf, type Schema } from './schema.ts';
import { typesOf } from './value-findings.ts';

/** A mapping of one key that may stand where a word may: `automation: eager`, `automation: { on_cron: … }`. */
interface Choices {
  readonly words: readonly string[];
  /** By key of the mapping: how it is written whole. */
  readonly mappings: Readonly<Record<string, string>>;
  /** Any other text may stand there as well, such as a name. */
  readonly isOpen: boolean;
}

/** What a key takes that is either a word or a mapping; undefined = it is not of this kind. */
function choicesOf(schema: Schema): Choices | undefined {
  const branches = (schema.anyOf ?? []).map(resolved);
  const words = branches
    .flatMap((branch) => branch.enum ?? [])
    .flatMap((word) => (typeof word === 'string' ? [word] : []));
  const properties = branches.flatMap((branch) => Object.entries(branch.properties ?? {}));
  if (words.length === 0 || properties.length === 0) return undefined;
  return {
    words,
    isOpen: branches.some((branch) => typesOf(branch).includes('string') && branch.enum === undefined),
    mappings: Object.fromEntries(
      properties.map(([key, property]) => [
        key,
        schema.examples?.filter((each) => isObject(each) && Object.hasOwn(each, key)).map(flowText)[0] ??
          flowText({ [key]: property.examples?.[0] ?? {} }),
      ]),
    ),
  };
}

function resolved(schema: Schema): Schema {
  return schema.$ref === undefined ? schema : definitionOf(schema.$ref.slice('#/definitions/'.length));
}

/**
 * What is wrong with a value that is one choice written in the form of another: the key of a mapping as a word, a word as
 * the key of a mapping, `true`. Undefined = nothing of that.
 */
export function wrongForm(value: unknown, schema: Schema, place: Place): Finding | undefined {
  const choices = choicesOf(schema);
  if (choices === undefined) return undefined;
  const { words, mappings, isOpen } = choices;
  const last = place.pointer.at(-1);
  const prefix = typeof last === 'string' ? `${flowText(last)}: ` : '';
  const base = { pointer: place.pointer, at: 'value', remove: place.pointer } as const;
  if (typeof value === 'string' && !words.includes(value) && Object.hasOwn(mappings, value)) {
    const message = `${keyName(place)}: \`${value}\` needs more than its name`;
    return { code: 'unknown-value', message, help: `write \`${prefix}${mappings[value]}\``, ...base };
  }
  const whole = Object.entries(mappings).filter(([key]) => !words.includes(key));
  const all = [...words, ...whole.map(([, text]) => text)].map((each) => `\`${each}\``).join(', ');
  const isOther = typeof value === 'string' && !isOpen && !words.includes(value);
  if (isOther || typeof value === 'boolean' || typeof value === 'number') {
    const near = isOther ? nearestWord(value, [...words, ...Object.keys(mappings)]) : undefined;
    const message = `${keyName(place)} cannot be \`${value}\`${near ? `; did you mean \`${near}\`?` : ''}`;
    return { code: 'unknown-value', message, help: `known are ${all}`, ...base };
  }
  if (!isObject(value) || Object.keys(value).some((key) => Object.hasOwn(mappings, key))) return undefined;
  const asKeys = Object.keys(value).filter((key) => words.includes(key));
  if (asKeys.length === 0) return undefined;
  const [word] = asKeys;
  const help =
    asKeys.length > 1
      ? `one of them can be said: write \`${prefix}${word}\``
      : value[word!] === false
        ? `remove the key if that is not meant, or write \`${prefix}null\``
        : `write \`${prefix}${word}\``;
  return { code: 'wrong-type', message: `\`${word}\` is a word and no key`, help, ...base };
}
