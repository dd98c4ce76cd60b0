/** On which days: all, some days of the week (0 = Sunday) or some days of the month; in these months (1 to 12). */
export interface DayPattern {
  readonly kind: 'all' | 'week' | 'month';
  /** Empty for `all`. */
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
}

/** A minute of UTC days. */
export interface Bell {
  /** From 0 to 1439. */
  readonly minute: number;
  readonly days: DayPattern;
}

const ALL_MONTHS: ReadonlySet<number> = new Set(Array.from({ length: 12 }, (_, i) => i + 1));
const MONTH_ENDS = [28, 29, 30, 31];
/** Rules of cron that one workflow should have at most: more than that are made coarser. */
const RULES_MAX = 12;

/**
 * The days of a cron rule (its three day fields), never fewer than it names: the last day of a month may be the 28th to
 * the 31st, a second Monday is a Monday, and two restricted fields are every day.
 */
export function patternOf(fields: string | undefined): DayPattern {
  const [ofMonth = '*', month = '*', ofWeek = '*'] = (fields ?? '* * *').split(' ');
  const months = month === '*' ? ALL_MONTHS : new Set(month.split(',').map(Number));
  if ((ofMonth === '*') === (ofWeek === '*')) return { kind: 'all', days: new Set(), months };
  if (ofWeek !== '*') return { kind: 'week', days: new Set(ofWeek.split(',').map((day) => Number(day[0]))), months };
  const days = ofMonth.split(',').flatMap((day) => (day === 'L' ? MONTH_ENDS : [Number(day)]));
  return { kind: 'month', days: new Set(days), months };
}

/** The same days, one later or one earlier. */
export function movedDays(pattern: DayPattern, by: number): DayPattern {
  const { kind } = pattern;
  const months = new Set([...pattern.months].flatMap((month) => [month, ((month - 1 + by + 12) % 12) + 1]));
  const days = new Set([...pattern.days].flatMap((day) => movedDay(kind, day, by)));
  return { kind, days, months };
}

function movedDay(kind: DayPattern['kind'], day: number, by: number): number[] {
  if (kind === 'week') return [(day + by + 7) % 7];
  if (by < 0) return day === 1 ? MONTH_ENDS : [day - 1];
  return [...(day < 31 ? [day + 1] : []), ...(day >= 28 ? [1] : [])];
}

/** One bell for each minute: two rules for one minute would ring twice. In order of the day. */
export function mergeBells(bells: readonly Bell[]): Bell[] {
  const merged = new Map<number, DayPattern>();
  for (const { minute, days } of bells) {
    const known = merged.get(minute);
    merged.set(minute, known ? union(known, days) : days);
  }
  return [...merged]
    .filter(([, days]) => days.months.size > 0)
    .sort(([a], [b]) => a - b)
    .map(([minute, days]) => ({ minute, days }));
}

function union(a: DayPattern, b: DayPattern): DayPattern {
  const months = new Set([...a.months, ...b.months]);
  if (a.kind !== b.kind || a.kind === 'all') return { kind: 'all', days: new Set(), months };
  return { kind: a.kind, days: new Set([...a.days, ...b.days]), months };
}

/** Nothing is scheduled: once a day, so that what was cut off is taken in. */
export function dailyBell(spread: number): Bell {
  return { minute: 3 * 60 + 10 + spread, days: { kind: 'all', days: new Set(), months: ALL_MONTHS } };
}

/** The bells as cron rules, as few as may be, and how often they ring in a month of 30 days. */
export function writeBells(bells: readonly Bell[]): {
  readonly crons: readonly string[];
  readonly ringsAMonth: number;
} {
  const rules = rulesOf(bells);
  const kept = rules.length <= RULES_MAX ? rules : rulesOf(coarser(bells));
  return {
    crons: kept.map(({ minutes, hours, days }) => writeRule(minutes, hours, days)),
    ringsAMonth: Math.round(
      kept.reduce((sum, rule) => sum + rule.minutes.length * rule.hours.length * perMonth(rule.days), 0),
    ),
  };
}

interface Rule {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: DayPattern;
}

/** Bells of the same days and minute share a rule by their hours, and those of the same hours by their minutes. */
function rulesOf(bells: readonly Bell[]): Rule[] {
  const byDaysAndMinute = groupBy(bells, ({ minute, days }) => `${daysText(days)}|${minute % 60}`);
  const rows = byDaysAndMinute.map((row) => ({
    minute: row[0]!.minute % 60,
    hours: row.map(({ minute }) => Math.floor(minute / 60)),
    days: row[0]!.days,
  }));
  return groupBy(rows, ({ hours, days }) => `${daysText(days)}|${hours.join()}`).map((same) => ({
    minutes: same.map(({ minute }) => minute).sort((a, b) => a - b),
    hours: same[0]!.hours,
    days: same[0]!.days,
  }));
}

/** Every minute of the hour that is needed, in every hour in which any is, every day: a superset in one rule. */
function coarser(bells: readonly Bell[]): Bell[] {
  const minutes = new Set(bells.map(({ minute }) => minute % 60));
  const hours = new Set(bells.map(({ minute }) => Math.floor(minute / 60)));
  const days: DayPattern = { kind: 'all', days: new Set(), months: ALL_MONTHS };
  return mergeBells([...hours].flatMap((hour) => [...minutes].map((minute) => ({ minute: hour * 60 + minute, days }))));
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}

function perMonth({ kind, days, months }: DayPattern): number {
  const share = months.size / 12;
  if (kind === 'all') return 30 * share;
  return kind === 'week' ? (days.size * 30 * share) / 7 : days.size * share;
}

function daysText({ kind, days, months }: DayPattern): string {
  const ofMonth = kind === 'month' ? writeField(days, 1, 31) : '*';
  const ofWeek = kind === 'week' ? writeField(days, 0, 6) : '*';
  return `${ofMonth} ${writeField(months, 1, 12)} ${ofWeek}`;
}

function writeRule(minutes: readonly number[], hours: readonly number[], days: DayPattern): string {
  return `${writeField(minutes, 0, 59)} ${writeField(hours, 0, 23)} ${daysText(days)}`;
}

/** `*`, `4-59/5`, `1-5`, `23`, `1,3,9-17`. */
export function writeField(values: Iterable<number>, min: number, max: number): string {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  if (sorted.length === max - min + 1) return '*';
  const step = sorted.length > 3 ? sorted[1]! - sorted[0]! : 0;
  if (step > 1 && sorted.every((value, i) => value === sorted[0]! + i * step))
    return `${sorted[0]}-${sorted.at(-1)}/${step}`;
  const runs: [number, number][] = [];
  for (const value of sorted) {
    const run = runs.at(-1);
    if (run && run[1] === value - 1) run[1] = value;
    else runs.push([value, value]);
  }
  return runs
    .map(([from, to]) => (to - from > 1 ? `${from}-${to}` : from === to ? `${from}` : `${from},${to}`))
    .join(',');
}
