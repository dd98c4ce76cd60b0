import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import type { RunRecord } from '../model/state.ts';
import type { StateProblem } from './codec.ts';
import { FILE_BYTES_MAX, utf8Bytes } from './layout.ts';
import { runShape, runSteps } from './record-shapes.ts';
import { type Check, isObject } from './shape.ts';

/** Version of the records in the snapshot, the roll-ups and the runs. */
export const RECORD_VERSION = 1;

/** `"key":{…}`: a record as a line of `joinRecords`. */
export function encodeRecord(key: string, record: unknown): string {
  return `${canonicalJson(key)}:${canonicalJson(record)}`;
}

/** `{"v":1,"<field>":{` and one record a line: a change of one record changes one line. `lines` are in order. */
export function joinRecords(field: string, lines: readonly string[]): string {
  return `{"v":${RECORD_VERSION},"${field}":{\n${lines.join(',\n')}\n}}\n`;
}

export function encodeRecords(field: string, records: Iterable<readonly [string, unknown]>): string {
  const sorted = [...records].sort(([a], [b]) => byText(a, b));
  return joinRecords(
    field,
    sorted.map(([key, record]) => encodeRecord(key, record)),
  );
}

/** The records of a file that `encodeRecords` wrote; what is wrong goes to `problems`. */
export function decodeRecords(
  file: string,
  content: string,
  options: { readonly field: string; readonly shape: Check; readonly problems: StateProblem[] },
): [string, unknown][] {
  const { field, shape, problems } = options;
  const parsed = parseFile(file, content, problems);
  if (!parsed) return [];
  const records = parsed[field];
  if (!isObject(records)) {
    problems.push({ code: 'broken', file, line: 0, message: `${field}: is missing` });
    return [];
  }
  const entries = Object.entries(records);
  entries.forEach(([key, record], i) => {
    const wrong = shape.test(record);
    if (wrong !== undefined) problems.push({ code: 'broken', file, line: i + 2, message: `${key}: ${wrong}` });
  });
  return entries;
}

/** One object of a known version (up to `newest`), or undefined and a problem. */
export function parseFile(
  file: string,
  content: string,
  problems: StateProblem[],
  { line = 0, newest = RECORD_VERSION }: { readonly line?: number; readonly newest?: number } = {},
): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(content) as unknown;
  } catch {
    problems.push({ code: 'broken', file, line, message: 'not JSON: the file was cut or edited' });
    return undefined;
  }
  if (!isObject(value)) {
    problems.push({ code: 'broken', file, line, message: 'expected an object' });
    return undefined;
  }
  const version = value['v'];
  if (typeof version === 'number' && version > newest) {
    const message = `records of version ${version}; this Branchline reads up to version ${newest}`;
    problems.push({ code: 'newer', file, line, message });
    return undefined;
  }
  if (version !== RECORD_VERSION && version !== newest) {
    problems.push({ code: 'broken', file, line, message: 'v: is missing' });
    return undefined;
  }
  return value;
}

/** Room for one run in a file of at most 1 MiB. */
const RUN_BYTES_MAX = FILE_BYTES_MAX - 1024;

/** One line: a run, cut where it would not fit a file. */
export function encodeRun(record: RunRecord): string {
  const line = (run: RunRecord): string => canonicalJson({ ...run, v: RECORD_VERSION });
  const whole = line(record);
  if (utf8Bytes(whole) <= RUN_BYTES_MAX) return whole;
  // Log tails first, then steps that went well, then the rest from the end: what failed is worth the most.
  const entries = Object.entries(record.steps).map(([id, step]) => {
    const { logTail: _logTail, ...failure } = step.failure ?? { logTail: undefined };
    return [id, { ...step, ...(step.failure ? { failure: failure as typeof step.failure } : {}) }] as const;
  });
  const isDull = (state: string): boolean => state !== 'FAILURE' && state !== 'CANCELED';
  entries.sort((a, b) => Number(isDull(a[1].state)) - Number(isDull(b[1].state)) || byText(a[0], b[0]));
  const frame = frameOf(record, (run) => utf8Bytes(line({ ...run, steps: {}, stepsOmitted: entries.length })));
  let bytes = frame.bytes;
  let kept = 0;
  for (const [id, step] of entries) {
    bytes += utf8Bytes(canonicalJson({ [id]: step }));
    if (bytes > RUN_BYTES_MAX) break;
    kept++;
  }
  const omitted = (record.stepsOmitted ?? 0) + entries.length - kept;
  const steps = Object.fromEntries(entries.slice(0, kept));
  return line({ ...frame.record, steps, ...(omitted > 0 ? { stepsOmitted: omitted } : {}) });
}

/**
 * The record without what a file has no room for: first the assets that it confirmed, for an account only, then the groups of
 * its assets. By these a late event counts in the group that its asset had then, so they are kept as long as they fit.
 */
function frameOf(
  record: RunRecord,
  bytesOf: (record: RunRecord) => number,
): { readonly record: RunRecord; readonly bytes: number } {
  const bytes = bytesOf(record);
  if (bytes <= RUN_BYTES_MAX) return { record, bytes };
  const short = { ...record, confirmed: [] };
  const shortBytes = bytesOf(short);
  if (shortBytes <= RUN_BYTES_MAX) return { record: short, bytes: shortBytes };
  const { groups: _groups, ...bare } = short;
  return { record: bare, bytes: bytesOf(bare) };
}

/** Of a line with so many characters the steps are late: to make ready what checks them costs more than to parse few. */
const LATE_STEPS_FROM = 64 * 1024;

/** A run as `encodeRun` wrote it; what is wrong with it goes to `problems`. The steps of a long one are parsed when somebody asks. */
export function decodeRun(
  content: string,
  file: string,
  line: number,
  problems: StateProblem[],
): RunRecord | undefined {
  return runWithLateSteps(content) ?? parseRun(content, file, line, problems);
}

function parseRun(content: string, file: string, line: number, problems: StateProblem[]): RunRecord | undefined {
  const parsed = parseFile(file, content, problems, { line });
  if (!parsed) return undefined;
  const { v: _version, ...record } = parsed;
  const wrong = runShape.test(record);
  if (wrong === undefined) return record as unknown as RunRecord;
  problems.push({ code: 'broken', file, line, message: wrong });
  return undefined;
}

const STEPS = '"steps":{';
let stepsExpression: RegExp | undefined;

/** A long run with something wrong is none, nor is one that is written in another way: it is parsed as a whole. */
function runWithLateSteps(content: string): RunRecord | undefined {
  // An expression has room for so many choices only.
  if (content.length < LATE_STEPS_FROM || content.length > FILE_BYTES_MAX) return undefined;
  // Quotes within a text are escaped, so this is the field, and nothing else of a run has steps.
  const at = content.indexOf(STEPS);
  if (at < 0 || content.includes(STEPS, at + 1)) return undefined;
  const from = at + STEPS.length - 1;
  stepsExpression ??= new RegExp(runSteps.pattern!()!, 'y');
  stepsExpression.lastIndex = from;
  if (!stepsExpression.test(content)) return undefined;
  const text = content.slice(from, stepsExpression.lastIndex);
  const rest = `${content.slice(0, from)}{}${content.slice(from + text.length)}`;
  const record = parseRun(rest, '', 0, []);
  let steps: RunRecord['steps'] | undefined;
  return (
    record &&
    Object.defineProperty(record, 'steps', {
      enumerable: true,
      configurable: true,
      get: () => (steps ??= JSON.parse(text) as RunRecord['steps']),
    })
  );
}
