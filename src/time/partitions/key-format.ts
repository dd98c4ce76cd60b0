import { fail, ok, type Result } from '../../base/result.ts';
import type { WallMs } from '../zone.ts';

// Partition keys are the start of their window on the wall, written by strftime directives: a small subset, because a
// key must be readable back.

const DAY = 86_400_000;

interface Directive {
  readonly pattern: string;
  /** Length of what the directive leaves open, in milliseconds: a key with days alone names a day. */
  readonly spanMs: number;
  write(date: Date): string;
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');
const directives: Readonly<Record<string, Directive>> = {
  Y: { pattern: '\\d{4}', spanMs: 366 * DAY, write: (date) => pad(date.getUTCFullYear(), 4) },
  m: { pattern: '\\d{2}', spanMs: 31 * DAY, write: (date) => pad(date.getUTCMonth() + 1, 2) },
  d: { pattern: '\\d{2}', spanMs: DAY, write: (date) => pad(date.getUTCDate(), 2) },
  j: { pattern: '\\d{3}', spanMs: DAY, write: (date) => pad(dayOfYear(date), 3) },
  H: { pattern: '\\d{2}', spanMs: DAY / 24, write: (date) => pad(date.getUTCHours(), 2) },
  M: { pattern: '\\d{2}', spanMs: 60_000, write: (date) => pad(date.getUTCMinutes(), 2) },
  S: { pattern: '\\d{2}', spanMs: 1000, write: (date) => pad(date.getUTCSeconds(), 2) },
};

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY) + 1;
}

/** A format that was read: writes a wall time, and reads one back to its earliest moment. */
export interface KeyFormat {
  write(wall: WallMs): string;
  /** The earliest wall time that a text may stand for; undefined when the text is not of this format. */
  read(text: string): WallMs | undefined;
  /** How far after that moment the wall time may be, in milliseconds. */
  readonly spanMs: number;
}

/** Reads `%Y-%m-%d` and the like. The error is a sentence for the user. */
export function parseKeyFormat(format: string): Result<KeyFormat, string> {
  const parts: (string | Directive)[] = [];
  const names: string[] = [];
  for (const [, literal, letter] of format.matchAll(/([^%]+)|%(.?)/gs)) {
    if (literal !== undefined) parts.push(literal);
    else if (letter === '%') parts.push('%');
    else {
      const directive = directives[letter ?? ''];
      if (directive === undefined)
        return fail(
          `\`%${letter}\` is not a directive here; use ${Object.keys(directives)
            .map((name) => `%${name}`)
            .join(' ')}`,
        );
      parts.push(directive);
      names.push(letter!);
    }
  }
  if (new Set(names).size < names.length) return fail(`\`${format}\` says the same directive twice`);
  if (!names.includes('Y')) return fail(`\`${format}\` has no year: its keys would come again (add \`%Y\`)`);
  const matcher = new RegExp(
    `^${parts.map((part) => (typeof part === 'string' ? escaped(part) : `(${part.pattern})`)).join('')}$`,
  );
  return ok({
    spanMs: Math.min(...names.map((name) => directives[name]!.spanMs)),
    write: (wall) => {
      const date = new Date(wall);
      return parts.map((part) => (typeof part === 'string' ? part : part.write(date))).join('');
    },
    read: (text) => {
      const match = matcher.exec(text);
      if (!match) return undefined;
      const value: Record<string, number> = {};
      for (const [index, name] of names.entries()) value[name] = Number(match[index + 1]);
      const start = Date.UTC(value['Y']!, (value['m'] ?? 1) - 1, value['d'] ?? 1);
      const day = value['j'] === undefined ? 0 : (value['j'] - 1) * DAY;
      return start + day + (value['H'] ?? 0) * 3_600_000 + (value['M'] ?? 0) * 60_000 + (value['S'] ?? 0) * 1000;
    },
  });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
