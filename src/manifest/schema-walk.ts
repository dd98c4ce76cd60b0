import { wrongForm } from './alternatives.ts';
import type { Pointer } from './document.ts';
import { type Finding, isObject, keyName, type Place } from './finding.ts';
import { flowText } from './flow-text.ts';
import { isType } from './json-type.ts';
import { unknownKey, unknownTag } from './key-findings.ts';
import { plannedValues } from './planned-keys.ts';
import { definitionOf, type EitherRequired, nounsOf, rootOf, type Schema, type SchemaKind } from './schema.ts';
import { typesOf, withUnit, wrongType, wrongWord } from './value-findings.ts';

/**
 * Everything that does not fit the schema, each mistake once. It judges alternatives by what was written (the type of
 * the value, the `type` of a connection, the kind of a check), so that no branch that was never meant is reported.
 * Empty exactly when `fits` says yes.
 */
export function walkSchema(kind: SchemaKind, value: unknown): Finding[] {
  const findings: Finding[] = [];
  visit(value, rootOf(kind), { pointer: [], definition: ROOT_NAMES[kind] }, findings);
  return findings;
}

const ROOT_NAMES = { project: 'Project', manifest: 'Manifest', scenario: 'Scenario' } as const;

function visit(value: unknown, schema: Schema, place: Place, findings: Finding[]): void {
  if (schema.$ref) {
    const definition = schema.$ref.slice('#/definitions/'.length);
    const { examples } = schema;
    // The key's own examples say more than the definition, which has none.
    visit(value, { ...definitionOf(definition), ...(examples && { examples }) }, { ...place, definition }, findings);
  } else if (schema.anyOf) {
    const branch = schema.anyOf.find((each) => isOfType(value, each));
    const misformed = wrongForm(value, schema, place);
    if (misformed) findings.push(misformed);
    else if (branch) visit(value, branch, place, findings);
    else findings.push(wrongType(value, schema, place));
  } else if (schema.oneOf?.[0]?.$ref) {
    visitByType(value, schema.oneOf, place, findings);
  } else if (!isOfType(value, schema)) {
    findings.push(wrongType(value, schema, place));
  } else {
    visitTyped(value, schema, place, findings);
  }
}

/** Definitions that are told apart by their `type`. */
function visitByType(value: unknown, branches: readonly Schema[], place: Place, findings: Finding[]): void {
  const definitions = branches.map((branch) => branch.$ref!.slice('#/definitions/'.length));
  const wordOf = (definition: string) => definitionOf(definition).properties!['type']!.enum![0] as string;
  const first = definitionOf(definitions[0]!);
  if (!isObject(value)) {
    findings.push(wrongType(value, first, place));
    return;
  }
  const { type } = value;
  const chosen = definitions.find((definition) => wordOf(definition) === type);
  if (chosen) {
    visit(value, { $ref: `#/definitions/${chosen}` }, place, findings);
    return;
  }
  const words = definitions.map(wordOf);
  if (!Object.hasOwn(value, 'type')) {
    const { one } = nounsOf(place.definition);
    const wanted = words.map((word) => `\`type: ${word}\``).join(' or ');
    findings.push({
      code: 'missing-key',
      message: `${one} needs \`type\``,
      help: `write ${wanted}`,
      pointer: place.pointer,
      at: 'key',
      remove: place.pointer,
    });
    return;
  }
  const at: Place = { ...place, pointer: [...place.pointer, 'type'] };
  const schema: Schema = { type: 'string', enum: words, examples: words };
  const finding =
    typeof type === 'string'
      ? wrongWord(type, schema, at, plannedValues[place.definition ?? ''])
      : wrongType(type, schema, at);
  findings.push({ ...finding, remove: place.pointer });
}

function isOfType(value: unknown, schema: Schema): boolean {
  return typesOf(schema).some((type) => isType(value, type));
}

function visitTyped(value: unknown, schema: Schema, place: Place, findings: Finding[]): void {
  if (typeof value === 'string' && schema.pattern && !new RegExp(schema.pattern, 'u').test(value)) {
    findings.push(badText(value, schema, place));
  } else if (schema.enum && !schema.enum.includes(value)) {
    findings.push(wrongWord(value, schema, place, plannedValues[place.definition ?? '']));
  } else if (typeof value === 'number') {
    visitNumber(value, schema, place, findings);
  } else if (Array.isArray(value)) {
    if (schema.minItems !== undefined && value.length < schema.minItems) {
      findings.push(
        atValue(place, 'out-of-range', `${keyName(place)} is an empty list`, 'name at least one, or remove the key'),
      );
    }
    if (schema.items)
      for (const [index, item] of value.entries()) visit(item, schema.items, below(place, index), findings);
  } else if (isObject(value)) {
    visitObject(value, schema, place, findings);
  }
}

function visitNumber(value: number, schema: Schema, place: Place, findings: Finding[]): void {
  const { minimum, maximum } = schema;
  if ((minimum === undefined || value >= minimum) && (maximum === undefined || value <= maximum)) return;
  if (typesOf(schema).includes('string')) {
    findings.push(atValue(place, 'out-of-range', `${value} is too large to keep its digits`, 'write it in quotes'));
  } else {
    findings.push(
      atValue(
        place,
        'out-of-range',
        `${keyName(place)} is ${value}; it must be from ${minimum} to ${maximum}`,
        undefined,
      ),
    );
  }
}

function badText(value: string, schema: Schema, place: Place): Finding {
  const message = schema.patternErrorMessage ?? 'this text has the wrong form';
  const isDuration = message.startsWith('a duration');
  if (value.trim() === '')
    return atValue(place, 'bad-format', `${keyName(place)} is blank`, 'write a value, or remove the key');
  const digits = /^\s*(\d+)\s*$/.exec(value)?.[1];
  const help = isDuration && digits ? withUnit(digits, schema) : undefined;
  return atValue(place, isDuration ? 'bad-duration' : 'bad-format', `\`${value}\` does not fit: ${message}`, help);
}

function atValue(place: Place, code: string, message: string, help: string | undefined): Finding {
  return { code, message, ...(help ? { help } : {}), pointer: place.pointer, at: 'value', remove: place.pointer };
}

function below(place: Place, part: string | number): Place {
  return { pointer: [...place.pointer, part], definition: place.definition };
}

function visitObject(value: Record<string, unknown>, schema: Schema, place: Place, findings: Finding[]): void {
  // Keys that somebody plainly meant, though written otherwise: asking for them once more would be the same mistake twice.
  const meant = new Set<string>();
  let isPuzzling = false;
  for (const [key, member] of Object.entries(value)) {
    const at = below(place, key);
    const known = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (known) {
      visit(member, known, at, findings);
    } else if (schema.additionalProperties) {
      const badName = nameFinding(key, schema, at);
      if (badName) findings.push(badName);
      else visit(member, schema.additionalProperties, at, findings);
    } else if (schema.additionalProperties === false) {
      const { finding, suggestion } = unknownKey(key, member, schema, at);
      findings.push(finding);
      if (finding.severity !== 'warning') isPuzzling = true;
      if (suggestion) meant.add(suggestion);
    }
  }
  visitRules(value, schema, place, { findings, meant, isPuzzling });
}

function nameFinding(key: string, schema: Schema, at: Place): Finding | undefined {
  const names = schema.propertyNames;
  if (!names || new RegExp(names.pattern, 'u').test(key)) return undefined;
  if (names.pattern.startsWith('^(?!branchline/')) return unknownTag(key, at);
  return {
    code: 'bad-name',
    message: `\`${key}\` cannot be a name: ${names.patternErrorMessage}`,
    pointer: at.pointer,
    at: 'key',
    remove: at.pointer,
  };
}

interface Judged {
  readonly findings: Finding[];
  readonly meant: ReadonlySet<string>;
  /** An unknown key was found: what is missing may be what it stands for. */
  readonly isPuzzling: boolean;
}

/** What keys demand of each other. */
function visitRules(value: Record<string, unknown>, schema: Schema, place: Place, judged: Judged): void {
  const has = (key: string) => Object.hasOwn(value, key);
  const { findings } = judged;
  const missing = (message: string, help: string): void => {
    findings.push({ code: 'missing-key', message, help, pointer: place.pointer, at: 'key', remove: place.pointer });
  };
  const conflict = (first: string, second: string, message: string, remove: Pointer): void => {
    const keys = Object.keys(value);
    const [early, late] = keys.indexOf(first) < keys.indexOf(second) ? [first, second] : [second, first];
    findings.push({
      code: 'conflict',
      message,
      pointer: [...place.pointer, late],
      at: 'key',
      related: { pointer: [...place.pointer, early], note: 'the other one' },
      remove,
    });
  };
  const { one: noun } = nounsOf(place.definition);
  const isOwn = place.definition === undefined || definitionOf(place.definition)?.properties === schema.properties;
  const one = isOwn || place.pointer.length === 0 ? noun : keyName(place);
  for (const key of schema.required ?? []) {
    if (has(key) || judged.meant.has(key)) continue;
    const example = schema.properties?.[key]?.examples?.[0];
    missing(`${one} needs \`${key}\``, `for example \`${key}: ${flowText(example)}\``);
  }
  if (schema.minProperties && Object.keys(value).length < schema.minProperties) {
    findings.push(
      schema.minProperties === 1
        ? atValue(place, 'out-of-range', `${keyName(place)} is empty`, 'write at least one entry, or remove the key')
        : atValue(
            place,
            'out-of-range',
            `${keyName(place)} needs at least ${schema.minProperties} entries`,
            'write another one, or one definition without it',
          ),
    );
  }
  const alternatives = schema.oneOf?.map((branch) => branch.required![0]!) ?? [];
  const given = alternatives.filter(has);
  if (alternatives.length > 0 && given.length === 0 && !judged.isPuzzling) {
    const words = alternatives.map((key) => `\`${key}\``);
    missing(
      `${one} needs ${words.length > 2 ? (aims[place.definition ?? ''] ?? 'a key that says what is tested') : `one of ${words.join(' and ')}`}`,
      `write one of ${words.join(', ')}`,
    );
  }
  if (given.length > 1) {
    const keys = given.map((key) => `\`${key}\``).join(' and ');
    conflict(
      given[0]!,
      given[1]!,
      `${one} has ${given.length === 2 ? 'either' : 'only one of'} ${given.length === 2 ? keys.replace(' and ', ' or ') : keys}, not ${given.length === 2 ? 'both' : 'several'}`,
      place.pointer,
    );
  }
  const pair = schema.not?.required;
  if (pair?.every((key) => value[key] !== undefined && value[key] !== null)) {
    conflict(pair[0]!, pair[1]!, schema.errorMessage ?? 'these two keys contradict each other', [
      ...place.pointer,
      pair[1]!,
    ]);
  }
  visitDependencies(value, schema, place, judged);
}

function beside(schema: Schema | undefined, key: string): string {
  const example = schema?.examples?.[0];
  return example === undefined ? '' : `, for example \`${key}: ${flowText(example)}\``;
}

/** What the one key of several has to say, by definition. */
const aims: Readonly<Record<string, string>> = {
  Partitions: 'a key that says how it is cut',
  Dimension: 'a key that says how it is cut',
  PartitionMapping: 'a key that says which partitions are read',
};

function visitDependencies(value: Record<string, unknown>, schema: Schema, place: Place, judged: Judged): void {
  const has = (key: string) => Object.hasOwn(value, key);
  const needsEither = (key: string, rule: EitherRequired): void => {
    const keys = rule.anyOf.map((branch) => branch.required[0]!);
    if (keys.some((each) => has(each) || judged.meant.has(each))) return;
    const words = keys.map((each) => `\`${each}\``).join(' or ');
    judged.findings.push({
      code: 'missing-key',
      message: `\`${key}\` measures a number and needs ${words} to judge it`,
      help: `for example \`${keys.at(-1)}: "< 1"\``,
      pointer: [...place.pointer, key],
      at: 'key',
      remove: place.pointer,
    });
  };
  for (const [key, needed] of Object.entries(schema.dependencies ?? {})) {
    if (!has(key)) continue;
    if ('anyOf' in needed) {
      needsEither(key, needed);
      continue;
    }
    const lacking = needed.filter((each) => !has(each) && !judged.meant.has(each));
    if (lacking.length === 0) continue;
    judged.findings.push({
      code: 'conflict',
      message: `\`${key}\` has a meaning only beside \`${lacking[0]}\``,
      help: `remove it, or write \`${lacking[0]}\`${beside(schema.properties?.[lacking[0]!], lacking[0]!)}`,
      pointer: [...place.pointer, key],
      at: 'key',
      remove: [...place.pointer, key],
    });
  }
  const [condition] = schema.if?.required ?? [];
  if (condition && schema.then && value[condition] === true && has('sql')) needsEither(condition, schema.then);
}
