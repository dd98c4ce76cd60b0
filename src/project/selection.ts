import { nearestWord } from '../base/nearest.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** Attributes of the selection language (semantics.md 9). */
export const SELECTION_ATTRIBUTES = [
  'key',
  'group',
  'tag',
  'owner',
  'kind',
  'job',
  'schedule',
  'partitions',
  'automation',
  'status',
  'column',
  'path',
  'changed',
  'exposure',
] as const;
export type SelectionAttribute = (typeof SELECTION_ATTRIBUTES)[number];

/** Where a part stands in the expression: `column` from 1, in UTF-16 code units. */
export interface SelectionPlace {
  readonly column: number;
  readonly length: number;
}

/** Hops of a traversal; `all` = as far as edges go. */
export type Hops = number | 'all';

/** `null` = has none; a text is compared exactly, or as a pattern with `*` in `key:` and `path:`. */
export type SelectionValue = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'null' };

export type SelectionExpr =
  | { readonly kind: 'or' | 'and'; readonly terms: readonly SelectionExpr[] }
  | { readonly kind: 'not'; readonly term: SelectionExpr }
  | { readonly kind: 'traverse'; readonly up?: Hops; readonly down?: Hops; readonly of: SelectionExpr }
  | { readonly kind: 'roots' | 'sinks'; readonly of: SelectionExpr }
  | { readonly kind: 'all' }
  | {
      readonly kind: 'attribute';
      readonly attribute: Exclude<SelectionAttribute, 'tag'>;
      readonly value: SelectionValue;
      readonly at: SelectionPlace;
    }
  /** Without `value`: any value. */
  | { readonly kind: 'tag'; readonly name: SelectionValue; readonly value?: string; readonly at: SelectionPlace };

/** Why an expression is refused, and where. */
export interface SelectionProblem extends SelectionPlace {
  readonly message: string;
  readonly help?: string;
}

/** Longer ones are refused: the bound on what one expression may cost. Names of assets cost next to nothing each. */
const LENGTH_MAX = 10_000;
/** An asset by its whole name, as a run of a selection names those that are its own: of any number. */
const NAME = /key:"[^"*\\]*"(?: or )?/g;
const DEPTH_MAX = 100;
/** A value that needs no quotes; in `key:` and `path:` with `*`. Sticky: set `lastIndex` first. */
export function bareValue(attribute: SelectionAttribute): RegExp {
  return attribute === 'key' || attribute === 'path' ? BARE_PATTERN : BARE;
}

const BARE = /[A-Za-z0-9_@][A-Za-z0-9_@/.:-]*/y;
const BARE_PATTERN = /[A-Za-z0-9_@*][A-Za-z0-9_@/.:*-]*/y;

/** Parses an expression of semantics.md section 9. The problem carries the first place that does not fit. */
export function parseSelection(text: string): Result<SelectionExpr, SelectionProblem> {
  if (text.length > LENGTH_MAX && text.replace(NAME, '').length > LENGTH_MAX) {
    return fail({ message: `a selection may have ${LENGTH_MAX} characters at most`, column: 1, length: 1 });
  }
  const known = READ.get(text);
  if (known !== undefined) return known;
  const read = readSelection(text);
  if (READ.size >= READ_MAX) READ.clear();
  READ.set(text, read);
  return read;
}

/** Selections that were read, by their text: many schedules have one, and each is asked for several times. */
const READ = new Map<string, Result<SelectionExpr, SelectionProblem>>();
const READ_MAX = 1000;

function readSelection(text: string): Result<SelectionExpr, SelectionProblem> {
  const reader: Reader = { text, at: 0, depth: 0 };
  const first = or(reader);
  if (!first.ok) return first;
  skipBlanks(reader);
  return reader.at < text.length ? fail(leftOver(reader)) : first;
}

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
}
type Parsed = Result<SelectionExpr, SelectionProblem>;

function skipBlanks(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? '')) reader.at++;
}

/** Takes a keyword in lower or upper case, when it stands as a word of its own. */
function keyword(reader: Reader, word: string): boolean {
  skipBlanks(reader);
  const found = reader.text.slice(reader.at, reader.at + word.length);
  if (found !== word && found !== word.toUpperCase()) return false;
  if (/[A-Za-z0-9_@/.:-]/.test(reader.text[reader.at + word.length] ?? '')) return false;
  reader.at += word.length;
  return true;
}

function symbol(reader: Reader, mark: string): boolean {
  skipBlanks(reader);
  if (reader.text[reader.at] !== mark) return false;
  reader.at++;
  return true;
}

function problem(
  from: number,
  length: number,
  message: string,
  help?: string,
): { readonly ok: false; readonly error: SelectionProblem } {
  return fail({ message, column: from + 1, length: Math.max(1, length), ...(help === undefined ? {} : { help }) });
}

function or(reader: Reader): Parsed {
  if (reader.depth >= DEPTH_MAX)
    return problem(reader.at, 1, `parentheses and \`not\` may be nested ${DEPTH_MAX} deep at most`);
  reader.depth++;
  const parsed = chain(reader, 'or', (inner) => chain(inner, 'and', not));
  reader.depth--;
  return parsed;
}

function chain(reader: Reader, kind: 'or' | 'and', next: (reader: Reader) => Parsed): Parsed {
  const terms: SelectionExpr[] = [];
  do {
    const term = next(reader);
    if (!term.ok) return term;
    terms.push(term.value);
  } while (keyword(reader, kind));
  return ok(terms.length === 1 ? terms[0]! : { kind, terms });
}

function not(reader: Reader): Parsed {
  if (!keyword(reader, 'not')) return traversal(reader);
  if (reader.depth >= DEPTH_MAX)
    return problem(reader.at, 1, `parentheses and \`not\` may be nested ${DEPTH_MAX} deep at most`);
  reader.depth++;
  const term = not(reader);
  reader.depth--;
  return term.ok ? ok({ kind: 'not', term: term.value }) : term;
}

function traversal(reader: Reader): Parsed {
  skipBlanks(reader);
  const up = hopsBefore(reader);
  const of = operand(reader);
  if (!of.ok) return of;
  const down = hopsBehind(reader);
  if (up === undefined && down === undefined) return of;
  return ok({
    kind: 'traverse',
    ...(up === undefined ? {} : { up }),
    ...(down === undefined ? {} : { down }),
    of: of.value,
  });
}

function hopsBefore(reader: Reader): Hops | undefined {
  const match = /^(\d{0,9})\+/.exec(reader.text.slice(reader.at, reader.at + 11));
  if (match === null) return undefined;
  reader.at += match[0].length;
  return match[1] === '' ? 'all' : Number(match[1]);
}

function hopsBehind(reader: Reader): Hops | undefined {
  if (!symbol(reader, '+')) return undefined;
  const digits = /^\d{1,9}/.exec(reader.text.slice(reader.at, reader.at + 9))?.[0];
  if (digits === undefined) return 'all';
  reader.at += digits.length;
  return Number(digits);
}

function operand(reader: Reader): Parsed {
  skipBlanks(reader);
  if (symbol(reader, '(')) return closed(reader, reader.at - 1);
  for (const kind of ['roots', 'sinks'] as const) {
    const before = reader.at;
    if (keyword(reader, kind) && symbol(reader, '(')) {
      const of = closed(reader, reader.at - 1);
      return of.ok ? ok({ kind, of: of.value }) : of;
    }
    reader.at = before;
  }
  if (symbol(reader, '*')) return ok({ kind: 'all' });
  return attribute(reader);
}

function closed(reader: Reader, openedAt: number): Parsed {
  const inner = or(reader);
  if (!inner.ok) return inner;
  if (symbol(reader, ')')) return inner;
  if (reader.at < reader.text.length) return fail(leftOver(reader));
  return problem(openedAt, 1, 'this parenthesis is never closed', 'write `)` behind what it encloses');
}

function attribute(reader: Reader): Parsed {
  const { text, at } = reader;
  const name = /^[A-Za-z_]+(?=:)/.exec(text.slice(at, at + 64))?.[0];
  if (name === undefined) return notAnAttribute(reader);
  const known = SELECTION_ATTRIBUTES.find((candidate) => candidate === name);
  if (known === undefined) {
    const near = nearestWord(name, SELECTION_ATTRIBUTES);
    const help =
      near === undefined
        ? `there are ${SELECTION_ATTRIBUTES.map((word) => `\`${word}:\``).join(', ')}`
        : `did you mean \`${near}:\`?`;
    return problem(at, name.length + 1, `there is no attribute \`${name}:\``, help);
  }
  reader.at += name.length + 1;
  const value = readValue(reader, known);
  if (!value.ok) return value;
  const place = (): SelectionPlace => ({ column: at + 1, length: reader.at - at });
  if (known !== 'tag') return ok({ kind: 'attribute', attribute: known, value: value.value, at: place() });
  if (text[reader.at] !== '=') return ok({ kind: 'tag', name: value.value, at: place() });
  reader.at++;
  const tagValue = readValue(reader, known);
  if (!tagValue.ok) return tagValue;
  if (value.value.kind === 'null' || tagValue.value.kind === 'null') {
    return problem(
      at,
      reader.at - at,
      '`<null>` and a value exclude each other',
      'write `not tag:name` for what has no such tag',
    );
  }
  return ok({ kind: 'tag', name: value.value, value: tagValue.value.text, at: place() });
}

function readValue(reader: Reader, attribute: SelectionAttribute): Result<SelectionValue, SelectionProblem> {
  const { text, at } = reader;
  if (text[at] === '"') return quotedValue(reader);
  if (text.startsWith('<null>', at)) {
    reader.at += 6;
    return ok({ kind: 'null' });
  }
  const bare = bareValue(attribute);
  bare.lastIndex = at;
  const word = bare.exec(text)?.[0];
  if (word !== undefined) {
    reader.at += word.length;
    return ok({ kind: 'text', text: word });
  }
  if (text[at] === '*')
    return problem(
      at,
      1,
      `\`*\` stands for any text in \`key:\` and \`path:\` only`,
      `write \`not ${attribute}:<null>\` for what has one`,
    );
  return problem(
    at,
    1,
    `a value is missing behind \`${attribute}:\``,
    `write \`${attribute}:name\`, with double quotes around other characters`,
  );
}

function quotedValue(reader: Reader): Result<SelectionValue, SelectionProblem> {
  const from = reader.at;
  let value = '';
  for (let i = from + 1; i < reader.text.length; i++) {
    const letter = reader.text[i]!;
    if (letter === '"') {
      reader.at = i + 1;
      return ok({ kind: 'text', text: value });
    }
    // Only a quote or a backslash can be escaped; any other backslash is itself.
    if (letter === '\\' && /["\\]/.test(reader.text[i + 1] ?? '')) value += reader.text[++i];
    else value += letter;
  }
  return problem(from, 1, 'this quote is never closed', 'write `"` behind the value');
}

function notAnAttribute(reader: Reader): Parsed {
  const { text, at } = reader;
  if (at >= text.length) {
    const help =
      text.trim() === '' ? 'write `*` for all assets' : 'write what to select there, such as `key:raw/orders`';
    return problem(
      Math.max(0, text.trimEnd().length - 1),
      1,
      text.trim() === '' ? 'the selection is empty' : 'the selection ends too early',
      help,
    );
  }
  const word = /^[^\s()+"]+/.exec(text.slice(at))?.[0] ?? text[at]!;
  if (/^(and|or|not)$/i.test(word)) {
    const lower = word.toLowerCase();
    if (word !== lower && word !== word.toUpperCase())
      return problem(at, word.length, `\`${word}\` is no operator`, `write \`${lower}\``);
    return problem(at, word.length, `something is missing before \`${word}\``, `\`${word}\` joins two selections`);
  }
  if (text[at] === '"') return problem(at, 1, 'a value needs an attribute before it', 'write `key:` before the quote');
  if (/^[A-Za-z0-9_@*]/.test(word))
    return problem(at, word.length, `\`${word}\` by itself selects nothing`, `write \`key:${word}\``);
  return problem(
    at,
    1,
    `\`${text[at]}\` is not expected here`,
    'write an attribute such as `key:raw/orders` or `group:ingest`',
  );
}

function leftOver(reader: Reader): SelectionProblem {
  const { text, at } = reader;
  if (text[at] === ')')
    return {
      message: 'this parenthesis closes nothing',
      column: at + 1,
      length: 1,
      help: 'remove it, or open one before',
    };
  const word = /^[^\s()]+/.exec(text.slice(at))?.[0] ?? text[at]!;
  if (/^(and|or|not)$/i.test(word))
    return {
      message: `\`${word}\` is no operator`,
      column: at + 1,
      length: word.length,
      help: `write \`${word.toLowerCase()}\``,
    };
  return {
    message: 'two selections follow each other',
    column: at + 1,
    length: word.length,
    help: 'write `and` or `or` between them',
  };
}
