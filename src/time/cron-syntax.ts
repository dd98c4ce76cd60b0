import { nearestWord } from '../base/nearest.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** A cron rule that was read: plain data, cheap to make (the calendar library is loaded by `cron.ts` only). */
export interface Cron {
  /** As written. */
  readonly text: string;
  /** Minutes of the hour, ascending. */
  readonly minutes: readonly number[];
  /** Hours of the day, ascending. */
  readonly hours: readonly number[];
  /**
   * True when the hour field is restricted in any way: a list, a range and a step (each second hour, too) name hours
   * of the wall clock just as one number does. Only a field that holds all 24 hours means "every hour that passes".
   * Dagster draws the same line. The daylight-saving table of semantics.md 6 depends on it.
   */
  readonly hourFixed: boolean;
  /** The three day fields (day of month, month, day of week) with numbers for names; undefined = every day. */
  readonly days: string | undefined;
}

export interface CronError {
  /** A sentence for the user. */
  readonly message: string;
  /** Where in the text, from 1. */
  readonly column?: number;
  /** What to write instead. */
  readonly help?: string;
}

const ALIASES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names from `min` upward. */
  readonly names?: readonly string[];
}
const MINUTE: Field = { name: 'minute', min: 0, max: 59 };
const HOUR: Field = { name: 'hour', min: 0, max: 23 };
const DAY_OF_MONTH: Field = { name: 'day of month', min: 1, max: 31 };
const MONTH: Field = {
  name: 'month',
  min: 1,
  max: 12,
  names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
};
const DAY_OF_WEEK: Field = {
  name: 'day of week',
  min: 0,
  max: 7,
  names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
};
const FIELDS = [MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK] as const;
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** The calendar library refuses more. */
const TEXT_LENGTH_MAX = 500;

/**
 * Rules that were read, by their text: a wake-up asks for each some four times (is it right, what was due, what is due,
 * what comes next), and many schedules have one rule.
 */
const READ = new Map<string, Result<Cron, CronError>>();
const READ_MAX = 10_000;

/** One field, read: its numbers, and the words that are no numbers (`L`, `5L`, `1#2`). */
interface Values {
  readonly numbers: readonly number[];
  readonly special: readonly string[];
}

/**
 * Reads five fields (minute, hour, day of month, month, day of week) or an alias such as `@daily`. Names of months and
 * days, `7` for Sunday, lists, ranges, steps, `L` (last day of the month; `5L` = last Friday) and `mon#1` (first
 * Monday). When day of month and day of week are both restricted, either is enough. Refused with a sentence and a
 * column: seconds, empty texts, and rules whose date never comes.
 */
export function parseCron(text: string): Result<Cron, CronError> {
  const known = READ.get(text);
  if (known !== undefined) return known;
  const read = readCron(text);
  if (READ.size >= READ_MAX) READ.clear();
  READ.set(text, read);
  return read;
}

function readCron(text: string): Result<Cron, CronError> {
  const trimmed = text.trim();
  if (trimmed === '')
    return fail({ message: 'a cron rule is empty; write five fields, such as `30 2 * * *` (each day at 02:30)' });
  if (trimmed.length > TEXT_LENGTH_MAX)
    return fail({ message: `a cron rule may have at most ${TEXT_LENGTH_MAX} characters` });
  if (trimmed.startsWith('@')) return parseAlias(text, trimmed);
  const words = [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], column: match.index + 1 }));
  const wrongCount = refuseCount(words);
  if (wrongCount) return fail(wrongCount);
  const read: Values[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const word = words[index]!;
    const values = parseField(field, word.text, word.column);
    if (!values.ok) return values;
    read.push(values.value);
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = read as [Values, Values, Values, Values, Values];
  const anyDayOfMonth = /^\*(\/1)?$/.test(words[2]!.text);
  const anyDayOfWeek = /^\*(\/1)?$/.test(words[4]!.text);
  if (anyDayOfWeek && !anyDayOfMonth && !everComes(dayOfMonth, month)) {
    return fail({
      message: `the date never comes: no month of \`${words[3]!.text}\` has a day \`${words[2]!.text}\``,
      column: words[2]!.column,
      help: 'write a day that the month has, or `L` for its last day, whichever that is',
    });
  }
  const days = [
    anyDayOfMonth ? '*' : write(dayOfMonth),
    month.numbers.length === 12 ? '*' : write(month),
    anyDayOfWeek ? '*' : write(foldSunday(dayOfWeek)),
  ].join(' ');
  return ok({
    text,
    minutes: minute.numbers,
    hours: hour.numbers,
    hourFixed: hour.numbers.length < 24,
    days: days === '* * *' ? undefined : days,
  });
}

function parseAlias(text: string, alias: string): Result<Cron, CronError> {
  const fields = ALIASES[alias.toLowerCase()];
  if (fields !== undefined) {
    const cron = parseCron(fields);
    return cron.ok ? ok({ ...cron.value, text }) : cron;
  }
  const near = nearestWord(alias, Object.keys(ALIASES));
  const hint = near === undefined ? `known are ${Object.keys(ALIASES).join(', ')}` : `did you mean \`${near}\`?`;
  return fail({ message: `\`${alias}\` is not an alias of a cron rule; ${hint}`, column: 1 });
}

function refuseCount(words: readonly { readonly text: string; readonly column: number }[]): CronError | undefined {
  if (words.length === 5) return undefined;
  const expected = 'minute, hour, day of month, month, day of week';
  if (words.length === 6) {
    return {
      message: `six fields: seconds (and years) are not supported; write five: ${expected}`,
      column: words[0]!.column,
    };
  }
  const count = words.length === 1 ? 'one field' : `${words.length} fields`;
  return { message: `a cron rule has five fields (${expected}), this one has ${count}`, column: words.at(-1)!.column };
}

function parseField(field: Field, text: string, column: number): Result<Values, CronError> {
  const numbers = new Set<number>();
  const special = new Set<string>();
  let at = column;
  for (const item of text.split(',')) {
    if (item === '') return fail({ message: `an empty place in the list of the ${field.name} field`, column: at });
    const word = specialWord(field, item);
    if (word !== undefined) special.add(word);
    else {
      const range = parseRange(field, item);
      if (!range.ok) return fail({ message: range.error, column: at });
      for (const value of range.value) numbers.add(value);
    }
    at += item.length + 1;
  }
  if (special.size > 0 && special.size + numbers.size > 1 && text.includes('#')) {
    return fail({ message: '`#` cannot stand in a list; write two cron rules instead', column });
  }
  return ok({ numbers: [...numbers].sort((a, b) => a - b), special: [...special] });
}

/** `L` of the day of month, `5L` and `mon#1` of the day of week, with numbers for names. */
function specialWord(field: Field, item: string): string | undefined {
  if (field === DAY_OF_MONTH && item.toUpperCase() === 'L') return 'L';
  if (field !== DAY_OF_WEEK) return undefined;
  const nth = /^(\w+)#([1-5])$/.exec(item);
  const last = /^([0-7]|[a-z]{3})L$/i.exec(item);
  const day = numberOf(field, (nth ?? last)?.[1] ?? '');
  if (day === undefined) return undefined;
  return nth ? `${day % 7}#${nth[2]}` : `${day % 7}L`;
}

function numberOf(field: Field, word: string): number | undefined {
  const named = field.names?.indexOf(word.toLowerCase()) ?? -1;
  if (named >= 0) return field.min + named;
  if (!/^\d{1,2}$/.test(word)) return undefined;
  const value = Number(word);
  return value >= field.min && value <= field.max ? value : undefined;
}

// The numbers of `5`, `1-5`, `*`, `*/15`, `10-40/10` or `5/15` (= from 5 on).
function parseRange(field: Field, item: string): Result<readonly number[], string> {
  const [range, stepText, ...more] = item.split('/') as [string, string | undefined, ...string[]];
  const bounds = range === '*' ? [] : range.split('-');
  if (more.length > 0 || bounds.length > 2) return fail(notUnderstood(field, item));
  // A week has two names for Sunday: what is left open ends at Saturday, so that no day is counted twice.
  const top = field === DAY_OF_WEEK && bounds[0] !== '7' ? 6 : field.max;
  const low = range === '*' ? field.min : numberOf(field, bounds[0]!);
  const single = bounds.length === 1 && stepText === undefined;
  let high = bounds.length === 2 ? numberOf(field, bounds[1]!) : single ? low : top;
  if (low === undefined || high === undefined)
    return fail(notUnderstood(field, low === undefined ? bounds[0]! : bounds[1]!));
  // `fri-sun`: Sunday ends a week as well as it begins one.
  if (field === DAY_OF_WEEK && high === 0 && low > 0) high = 7;
  if (low > high) {
    const two = `${low}-${top},${field.min}-${high}`;
    return fail(`the range \`${range}\` of the ${field.name} field runs backwards; did you mean \`${two}\`?`);
  }
  const step = stepText === undefined ? 1 : Number(stepText);
  if (stepText !== undefined && (!/^\d{1,3}$/.test(stepText) || step === 0)) {
    return fail(`\`${stepText}\` is not a step; write a whole number from 1 after the \`/\``);
  }
  if (step > top - field.min + 1) {
    return fail(`a step of ${step} is longer than the whole ${field.name} field (${field.min} to ${top})`);
  }
  const numbers: number[] = [];
  for (let value = low; value <= high; value += step) numbers.push(value);
  return ok(numbers);
}

function notUnderstood(field: Field, word: string): string {
  if (word === '') return `nothing stands on one side of \`-\` in the ${field.name} field`;
  const range = `${field.min} to ${field.max}`;
  const near = field.names && nearestWord(word, field.names);
  const names = near ? `; did you mean \`${near}\`?` : field.names ? `, or ${field.names.join(', ')}` : '';
  return `\`${word}\` is not ${field === HOUR ? 'an' : 'a'} ${field.name}: it takes ${range}${names}`;
}

/** True when some month has one of the days; the last day of a month always comes. */
function everComes(dayOfMonth: Values, month: Values): boolean {
  if (dayOfMonth.special.length > 0) return true;
  return month.numbers.some((number) => dayOfMonth.numbers[0]! <= DAYS_IN_MONTH[number - 1]!);
}

function foldSunday(values: Values): Values {
  return { ...values, numbers: [...new Set(values.numbers.map((day) => day % 7))].sort((a, b) => a - b) };
}

function write(values: Values): string {
  return [...values.numbers, ...values.special].join(',');
}
