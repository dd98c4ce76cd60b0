import type { Json, JsonObject } from '../base/json.ts';
import type { AssetKey } from '../model/project.ts';
import { keyProblem } from '../time/partitions/keys.ts';
import {
  createReport,
  didYouMean,
  isObject,
  type ReportBuilder,
  type ReportScope,
  type StepReport,
  type Wrong,
} from './step-report.ts';

/**
 * Reads what a step wrote to `BRANCHLINE_OUTPUT`: lines `row_count=123` (also GitHub's `name<<END` form), and JSON lines
 * `{"metadata":{…}}`, `{"check":…}`, `{"asset":…}`, `{"data_version":…}` (vocabulary.md, "What a step sees").
 */
export function parseStepOutput(text: string, scope: ReportScope): StepReport {
  const report = createReport('BRANCHLINE_OUTPUT', scope);
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const at = i + 1;
    const taken = takeEntry(report, lines, i);
    if (typeof taken.wrong === 'string') report.problem(at, taken.wrong);
    i += taken.moreLines ?? 0;
  }
  return report.done();
}

/** Takes in what begins at a line: one line, or in GitHub's `name<<END` form some more. */
function takeEntry(report: ReportBuilder, lines: readonly string[], i: number): { wrong: Wrong; moreLines?: number } {
  const line = lines[i]!;
  if (line.trim() === '') return { wrong: undefined };
  if (line.trimStart().startsWith('{')) return { wrong: takeJsonLine(report, line) };
  const heredoc = /^([^=]*?)<<(.+)$/.exec(line);
  if (heredoc) {
    const [, name, word] = heredoc;
    const end = lines.indexOf(word!, i + 1);
    const wrong = `\`${name}<<${word}\` has no line \`${word}\` that ends it`;
    if (end === -1) return { wrong, moreLines: lines.length };
    return { wrong: takePair(report, name!, lines.slice(i + 1, end).join('\n')), moreLines: end - i };
  }
  const equals = line.indexOf('=');
  if (equals === -1) return { wrong: 'neither `name=value` nor a JSON object' };
  return { wrong: takePair(report, line.slice(0, equals), line.slice(equals + 1)) };
}

function takePair(report: ReportBuilder, rawName: string, value: string): Wrong {
  const name = rawName.trim();
  if (name === '') return 'a value without a name';
  const asset = report.asset(undefined);
  if (!asset.ok) return asset.error;
  if (name === 'row_count') return report.rows(asset.value, numberOrText(value.trim()));
  if (name === 'data_version') return report.dataVersion(asset.value, value.trim());
  return report.metadata(asset.value, { [name]: numberOrText(value) });
}

/** A number where the text is exactly how JSON writes it, so that `007` and `1.50` stay as they are. */
function numberOrText(value: string): number | string {
  const number = Number(value);
  return Number.isFinite(number) && String(number) === value ? number : value;
}

const ASSET_KEYS = ['asset', 'partition', 'metadata', 'data_version', 'row_count'];
const CHECK_KEYS = ['check', 'asset', 'partition', 'passed', 'value', 'of', 'severity', 'message', 'metadata'];
function takeJsonLine(report: ReportBuilder, text: string): Wrong {
  const value = parseJson(text);
  if (!isObject(value)) return 'begins with `{` but is not a JSON object on one line';
  if ('partitions' in value) return takeKeys(report, value);
  const isCheck = 'check' in value;
  const known = isCheck ? CHECK_KEYS : ASSET_KEYS;
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const what = isCheck ? "a check's result" : 'what is reported of an asset';
    return `\`${key}\` is not a part of ${what}${didYouMean(key, known)}`;
  }
  if (Object.keys(value).length === 0) return 'an empty object says nothing';
  const asset = report.asset(value['asset']);
  if (!asset.ok) return asset.error;
  return isCheck ? takeCheck(report, asset.value, value) : takeAsset(report, asset.value, value);
}

/** `{"partitions": {"customers": {"add": ["acme"]}}}`: keys for dynamic definitions. */
function takeKeys(report: ReportBuilder, value: JsonObject): Wrong {
  const { partitions, ...rest } = value;
  if (Object.keys(rest).length > 0) return '`partitions` stands in a line of its own';
  if (!isObject(partitions))
    return '`partitions` must be an object: `{"partitions": {"customers": {"add": ["acme"]}}}`';
  for (const [name, change] of Object.entries(partitions)) {
    const add = isObject(change) ? change['add'] : undefined;
    if (!Array.isArray(add) || !add.every((key) => typeof key === 'string'))
      return `\`partitions.${name}\` needs \`add\`, a list of keys`;
    const wrong = add.map((key) => keyProblem(key as string, false)).find((problem) => problem !== undefined);
    if (wrong !== undefined) return wrong;
    report.dynamicKeys(name, add as string[]);
  }
  return undefined;
}

function takePartition(report: ReportBuilder, asset: AssetKey, value: JsonObject): Wrong {
  const { partition, row_count: rows, data_version: dataVersion, metadata = {} } = value;
  if (rows !== undefined && !(Number.isSafeInteger(rows) && Number(rows) >= 0))
    return '`row_count` must be a whole number from 0';
  if (dataVersion !== undefined && (typeof dataVersion !== 'string' || dataVersion === ''))
    return '`data_version` must be text';
  if (!isObject(metadata)) return '`metadata` must be an object';
  return report.partition(asset, partition!, {
    ...(rows === undefined ? {} : { rows: Number(rows) }),
    ...(dataVersion === undefined ? {} : { dataVersion }),
    // JSON.parse makes no undefined members.
    metadata: metadata as Readonly<Record<string, Json>>,
  });
}

function takeAsset(report: ReportBuilder, asset: AssetKey, value: JsonObject): Wrong {
  if (value['partition'] !== undefined) return takePartition(report, asset, value);
  const { row_count: rows, data_version: dataVersion, metadata } = value;
  const wrong =
    (rows === undefined ? undefined : report.rows(asset, rows)) ??
    (dataVersion === undefined ? undefined : report.dataVersion(asset, dataVersion)) ??
    (metadata === undefined ? undefined : report.metadata(asset, metadata));
  // An asset whose line is wrong was not properly handed over: the step fails, and the asset with it.
  if (wrong === undefined && value['asset'] !== undefined) report.materialized(asset);
  return wrong;
}

function takeCheck(report: ReportBuilder, asset: AssetKey, value: JsonObject): Wrong {
  const { check, partition, passed, severity, message, value: measured, of, metadata = {} } = value;
  if (partition !== undefined && typeof partition !== 'string') return '`partition` must be the key of a partition';
  if (typeof check !== 'string' || check === '') return '`check` must be the name of a check';
  if (passed !== undefined && typeof passed !== 'boolean') return '`passed` must be true or false';
  if (measured !== undefined && typeof measured !== 'number') return '`value` must be a number';
  if (of !== undefined && typeof of !== 'number') return '`of` must be a number';
  if (passed === undefined && measured === undefined) return 'a check needs `passed` or `value`';
  if (severity !== undefined && severity !== 'warn' && severity !== 'error') {
    return '`severity` must be "warn" or "error"';
  }
  if (message !== undefined && typeof message !== 'string') return '`message` must be text';
  if (!isObject(metadata)) return '`metadata` must be an object';
  // JSON.parse makes no undefined members.
  const known = metadata as Readonly<Record<string, Json>>;
  const which = partition === undefined ? {} : { partition };
  return report.check({ asset, check, ...which, passed, value: measured, of, severity, message, metadata: known });
}

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
