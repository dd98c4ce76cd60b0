import type { Json, JsonObject } from '../base/json.ts';
import { nearestWord } from '../base/nearest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { AssetKey, Severity } from '../model/project.ts';

/** What a step said about its assets and checks, whichever way it said it. */
export interface StepReport {
  /** Only assets that something was said about. */
  readonly assets: Readonly<Record<AssetKey, AssetReport>>;
  /** In the order they came, one a check. */
  readonly checks: readonly ReportedCheck[];
  /** Messages for people that came apart from the output (Dagster Pipes). */
  readonly logs: readonly ReportedLog[];
  /** The exception that ended a Dagster Pipes session. */
  readonly exception?: string;
  /** What could not be understood. A step with problems fails: nothing it said is silently dropped. */
  readonly problems: readonly ReportProblem[];
  /** Keys that it adds to dynamic definitions, by name. */
  readonly dynamicKeys?: Readonly<Record<string, readonly string[]>>;
}

export interface AssetReport {
  /** True when the step named the asset: it is materialized from then on, whatever becomes of the step. */
  readonly materialized: boolean;
  readonly rows?: number;
  readonly dataVersion?: string;
  readonly metadata: Readonly<Record<string, Json>>;
  /** Partitions that the step handed over, by key, with what it said of each. */
  readonly partitions?: Readonly<Record<string, PartitionReport>>;
}

export interface PartitionReport {
  readonly rows?: number;
  readonly dataVersion?: string;
  readonly metadata: Readonly<Record<string, Json>>;
}

export interface ReportedCheck {
  readonly asset: AssetKey;
  /** The partition that it speaks of; absent = all that the step makes. */
  readonly partition?: string;
  readonly check: string;
  /** Undefined when only a value was given: the check's bounds judge it. */
  readonly passed?: boolean;
  readonly value?: number;
  /** Rows checked, for percentages. */
  readonly of?: number;
  readonly severity?: Severity;
  readonly message?: string;
  readonly metadata: Readonly<Record<string, Json>>;
}

export interface ReportedLog {
  readonly level: string;
  readonly message: string;
}

export interface ReportProblem {
  readonly source: 'BRANCHLINE_OUTPUT' | 'Dagster Pipes';
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** What a step may report on. */
export interface ReportScope {
  /** The assets asked for; with exactly one, lines need not name it. */
  readonly assets: readonly AssetKey[];
  /** Checks whose results may come from this step, by asset. */
  readonly checks: Readonly<Record<AssetKey, readonly string[]>>;
  /** Keys asked for; absent = the step has no partitions. */
  readonly partitions?: readonly string[];
}

/** Longer lists of problems say nothing more. */
const PROBLEMS_MAX = 20;
const LOGS_MAX = 1000;
const DATA_VERSION_LENGTH_MAX = 512;

export type ReportBuilder = ReturnType<typeof createReport>;

/** What is wrong with a part of a report; undefined = nothing. */
export type Wrong = string | undefined;

/** Collects a report. What a method answers is what was wrong with its argument, which it then left out. */
export function createReport(source: ReportProblem['source'], scope: ReportScope) {
  const assets = new Map<AssetKey, { -readonly [K in keyof AssetReport]: AssetReport[K] }>();
  const checks = new Map<string, ReportedCheck>();
  const logs: ReportedLog[] = [];
  const problems: ReportProblem[] = [];
  const dynamic = new Map<string, readonly string[]>();
  const partitions = new Map<AssetKey, Map<string, PartitionReport>>();
  const keys = new Set(scope.partitions);
  let exception: string | undefined;

  const foreignPartition = (key: Json): Wrong => {
    if (keys.size === 0) return `\`partition\` is reported, and this step has no partitions`;
    if (typeof key === 'string' && keys.has(key)) return undefined;
    return `${JSON.stringify(key)} is not a partition that this step was asked for${typeof key === 'string' ? didYouMean(key, keys) : ''}`;
  };

  function entry(asset: AssetKey) {
    let found = assets.get(asset);
    if (!found) {
      found = { materialized: false, metadata: {} };
      assets.set(asset, found);
    }
    return found;
  }
  return {
    problem(line: number, message: string): void {
      if (problems.length < PROBLEMS_MAX) problems.push({ source, line, message });
    },
    /** The asset of that name; without a name, the only one. */
    asset: (name: Json | undefined): Result<AssetKey, string> => assetIn(scope.assets, name),
    materialized(asset: AssetKey): void {
      entry(asset).materialized = true;
    },
    rows(asset: AssetKey, value: Json): Wrong {
      const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
      if (!isCount) return `\`row_count\` must be a whole number from 0, not ${JSON.stringify(value)}`;
      entry(asset).rows = value;
      return undefined;
    },
    dataVersion(asset: AssetKey, value: Json): Wrong {
      const isVersion = typeof value === 'string' && value !== '' && value.length <= DATA_VERSION_LENGTH_MAX;
      if (!isVersion) return `\`data_version\` must be text of 1 to ${DATA_VERSION_LENGTH_MAX} characters`;
      entry(asset).dataVersion = value;
      return undefined;
    },
    metadata(asset: AssetKey, value: Json): Wrong {
      if (!isObject(value)) return '`metadata` must be an object';
      entry(asset).metadata = { ...entry(asset).metadata, ...defined(value) };
      return undefined;
    },
    /** A partition that was handed over; what is said of it was checked before. */
    partition(asset: AssetKey, key: Json, said: PartitionReport): Wrong {
      const wrong = foreignPartition(key);
      if (wrong !== undefined) return wrong;
      const known = partitions.get(asset) ?? new Map<string, PartitionReport>();
      partitions.set(asset, known);
      const name = String(key as string);
      const before = known.get(name);
      known.set(name, { ...before, ...said, metadata: { ...before?.metadata, ...said.metadata } });
      entry(asset);
      return undefined;
    },
    dynamicKeys(name: string, added: readonly string[]): void {
      dynamic.set(name, [...new Set([...(dynamic.get(name) ?? []), ...added])]);
    },
    check(result: ReportedCheck): Wrong {
      const { asset, check, partition } = result;
      const foreign = partition === undefined ? undefined : foreignPartition(partition);
      if (foreign !== undefined) return foreign;
      const known = scope.checks[asset] ?? [];
      if (!known.includes(check)) {
        return `asset \`${asset}\` declares no check \`${check}\` that its step reports${didYouMean(check, known)}`;
      }
      const id = JSON.stringify([asset, check, partition ?? null]);
      if (checks.has(id))
        return `check \`${check}\` of \`${asset}\`${partition === undefined ? '' : ` for ${partition}`} was reported before`;
      checks.set(id, result);
      return undefined;
    },
    log(level: string, message: string): void {
      if (logs.length < LOGS_MAX) logs.push({ level, message });
    },
    exception(message: string): void {
      exception ??= message;
    },
    done(): StepReport {
      for (const [asset, said] of partitions) entry(asset).partitions = Object.fromEntries(said);
      const added = dynamic.size === 0 ? {} : { dynamicKeys: Object.fromEntries(dynamic) };
      return { assets: Object.fromEntries(assets), checks: [...checks.values()], logs, exception, problems, ...added };
    },
  };
}

function assetIn(assets: readonly AssetKey[], name: Json | undefined): Result<AssetKey, string> {
  if (name === undefined || name === null) {
    if (assets.length === 1) return ok(assets[0]!);
    return fail(`say which asset is meant: this step makes ${assets.length} (add "asset": "…")`);
  }
  if (typeof name !== 'string') return fail('`asset` must be text');
  if (assets.includes(name)) return ok(name);
  return fail(`\`${name}\` is not an asset that this step was asked for${didYouMean(name, assets)}`);
}

/** The results of both ways to report, one after the other; of what both say, `later` wins. */
export function mergeReports(earlier: StepReport, later: StepReport): StepReport {
  const assets: Record<AssetKey, AssetReport> = { ...earlier.assets };
  for (const [key, report] of Object.entries(later.assets)) {
    const before = assets[key];
    assets[key] = {
      materialized: report.materialized || before?.materialized === true,
      rows: report.rows ?? before?.rows,
      dataVersion: report.dataVersion ?? before?.dataVersion,
      metadata: { ...before?.metadata, ...report.metadata },
      ...(before?.partitions || report.partitions
        ? { partitions: { ...before?.partitions, ...report.partitions } }
        : {}),
    };
  }
  const isRepeated = (check: ReportedCheck): boolean =>
    later.checks.some(
      (other) => other.asset === check.asset && other.check === check.check && other.partition === check.partition,
    );
  return {
    assets,
    checks: [...earlier.checks.filter((check) => !isRepeated(check)), ...later.checks],
    logs: [...earlier.logs, ...later.logs],
    exception: earlier.exception ?? later.exception,
    problems: [...earlier.problems, ...later.problems],
    ...(earlier.dynamicKeys || later.dynamicKeys
      ? { dynamicKeys: { ...earlier.dynamicKeys, ...later.dynamicKeys } }
      : {}),
  };
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function didYouMean(word: string, candidates: Iterable<string>): string {
  const nearest = nearestWord(word, candidates);
  return nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
}

function defined(object: JsonObject): Record<string, Json> {
  const members: Record<string, Json> = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined) members[key] = value;
  return members;
}

/** The report with each text that came from the step passed through `redact`; names of ours stay. */
export function redactReport(report: StepReport, redact: (text: string) => string): StepReport {
  const json = (value: Json): Json => {
    if (typeof value === 'string') return redact(value);
    if (typeof value === 'number') return redact(String(value)) === String(value) ? value : redact(String(value));
    if (Array.isArray(value)) return value.map(json);
    return isObject(value) ? object(value) : value;
  };
  const object = (value: JsonObject): Record<string, Json> =>
    Object.fromEntries(Object.entries(defined(value)).map(([key, member]) => [redact(key), json(member)]));
  const assets = Object.entries(report.assets).map(([key, asset]) => {
    const dataVersion = asset.dataVersion === undefined ? undefined : redact(asset.dataVersion);
    const partitions = asset.partitions && {
      partitions: Object.fromEntries(
        Object.entries(asset.partitions).map(([name, said]) => [
          name,
          {
            ...said,
            ...(said.dataVersion === undefined ? {} : { dataVersion: redact(said.dataVersion) }),
            metadata: object(said.metadata),
          },
        ]),
      ),
    };
    return [key, { ...asset, dataVersion, metadata: object(asset.metadata), ...partitions }] as const;
  });
  return {
    assets: Object.fromEntries(assets),
    checks: report.checks.map((check) => ({
      ...check,
      message: check.message === undefined ? undefined : redact(check.message),
      metadata: object(check.metadata),
    })),
    logs: report.logs.map((log) => ({ level: redact(log.level), message: redact(log.message) })),
    exception: report.exception === undefined ? undefined : redact(report.exception),
    problems: report.problems.map((problem) => ({ ...problem, message: redact(problem.message) })),
    ...(report.dynamicKeys ? { dynamicKeys: report.dynamicKeys } : {}),
  };
}
