import { beforeAll, expect, test } from 'vitest';
import { dueTicks } from './cron.ts';
import { type Cron, parseCron } from './cron-syntax.ts';
import { type Transition, transitionsBetween } from './zone.ts';

// Every transition of every zone from 2020 to 2030, found by a scan of its own, against rules that are judged minute
// by minute straight from the table of semantics.md 6.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const FROM = Date.UTC(2020, 0, 1);
const TO = Date.UTC(2031, 0, 1);

/** Asked of Intl in another way than the code under test asks. */
function offsetReader(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset', year: 'numeric' });
  return (at) => {
    const match = /GMT(?:([+-])(\d\d):(\d\d))?$/.exec(format.format(at));
    if (!match) throw new Error(`no offset for ${zone}`);
    if (match[1] === undefined) return 0;
    return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * HOUR + Number(match[3]) * MINUTE);
  };
}

/** Looks every 14 days (Morocco's pauses are some 30 days long), then halves to the minute. */
function scan(zone: string): Transition[] {
  const offset = offsetReader(zone);
  const found: Transition[] = [];
  for (let start = FROM; start < TO; start += 14 * DAY) {
    const [before, after] = [offset(start), offset(start + 14 * DAY)];
    if (before === after) continue;
    let [low, high] = [start, start + 14 * DAY];
    while (high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
      if (offset(middle) === before) low = middle;
      else high = middle;
    }
    found.push({ at: high, before, after });
  }
  return found;
}

interface Family {
  readonly zone: string;
  readonly transitions: readonly Transition[];
}
let families: Family[] = [];
beforeAll(() => {
  const byList = new Map<string, Family>();
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    const transitions = scan(zone);
    const key = JSON.stringify(transitions);
    if (transitions.length > 0 && !byList.has(key)) byList.set(key, { zone, transitions });
  }
  families = [...byList.values()];
});

function crons(...texts: string[]): Cron[] {
  return texts.map((text) => {
    const cron = parseCron(text);
    if (!cron.ok) throw new Error(cron.error.message);
    return cron.value;
  });
}

/** Does the rule (without day fields) name this minute of the wall? */
function names(cron: Cron, wall: number): boolean {
  const minute = (((wall / MINUTE) % 1440) + 1440) % 1440;
  return cron.minutes.includes(minute % 60) && cron.hours.includes(Math.floor(minute / 60));
}

/** Ticks in (after, until] around one transition, by the words of the table. */
function expected(
  rules: readonly Cron[],
  { at, before, after }: Transition,
  window: { after: number; until: number },
): number[] {
  const ticks = new Set<number>();
  for (const cron of rules) {
    for (let t = window.after + MINUTE; t <= window.until; t += MINUTE) {
      const wall = t + (t < at ? before : after);
      const comesAgain = t < at && wall - after >= at;
      if (names(cron, wall) && !(cron.hourFixed && comesAgain)) ticks.add(t);
    }
    for (let wall = at + before; cron.hourFixed && wall < at + after; wall += MINUTE) {
      if (names(cron, wall) && at > window.after && at <= window.until) ticks.add(at);
    }
  }
  return [...ticks].sort((a, b) => a - b);
}

test('the scan finds the zones that change', () => {
  expect(families.length).toBeGreaterThan(40);
  expect(families.reduce((sum, { transitions }) => sum + transitions.length, 0)).toBeGreaterThan(500);
});

test('every transition is found, at its instant', () => {
  for (const { zone, transitions } of families) {
    for (const transition of transitions) {
      expect(transitionsBetween(zone, transition.at - DAY, transition.at + DAY)).toEqual([transition]);
    }
  }
});

test('the ticks around every transition are those of the table, in whichever parts they are asked for', () => {
  const sets = [crons('0,30 * * * *'), crons('*/15 0-3,22,23 * * *'), crons('45 * * * *', '30 2 * * *', '0 0 * * *')];
  let judged = 0;
  for (const { zone, transitions } of families) {
    for (const [index, transition] of transitions.entries()) {
      const rules = sets[index % sets.length]!;
      const window = { after: transition.at - 5 * HOUR, until: transition.at + 5 * HOUR };
      const due = (after: number, until: number) => dueTicks(rules, zone, { after, until, limit: 1000 }).ticks;
      const whole = expected(rules, transition, window);
      expect(due(window.after, window.until), `${zone} at ${new Date(transition.at).toISOString()}`).toEqual(whole);
      for (const b of [-61, -30, -1, 0, 1, 30, 59, 60].map((minutes) => transition.at + minutes * MINUTE)) {
        expect([...due(window.after, b), ...due(b, window.until)]).toEqual(whole);
      }
      judged += whole.length;
    }
  }
  expect(judged).toBeGreaterThan(10_000);
});
