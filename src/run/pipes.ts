/**
 * The Dagster Pipes protocol, version 0.1, as the published `dagster-pipes` client speaks it: a context handed to the
 * step in its environment, messages that it writes as JSON lines to a file.
 */
import type { Json, JsonObject } from '../base/json.ts';
import type { AssetKey } from '../model/project.ts';
import { parseJson } from './step-output.ts';
import {
  createReport,
  isObject,
  type ReportBuilder,
  type ReportScope,
  type StepReport,
  type Wrong,
} from './step-report.ts';
import { zlibStored } from './zlib-stored.ts';

export interface PipesContext {
  readonly assets: readonly AssetKey[];
  readonly codeVersions: Readonly<Record<AssetKey, string>>;
  readonly runId: string;
  readonly job?: string;
  /** From 0: how often it was tried before. */
  readonly retryNumber: number;
  /** The partitions wanted; absent = its assets have none. */
  readonly partition?: PipesPartition;
}

export interface PipesPartition {
  /** First and last key, both included. */
  readonly first: string;
  readonly last: string;
  /** Instants with offset, half open; only where time is what it is cut by. */
  readonly window?: { readonly start: string; readonly end: string };
}

/** The two variables that tell a Pipes client where its context is and where its messages go. */
export function pipesVariables(context: PipesContext, messagesPath: string): Record<string, string> {
  return {
    DAGSTER_PIPES_CONTEXT: encodeParams({ data: contextData(context) }),
    DAGSTER_PIPES_MESSAGES: encodeParams({ path: messagesPath }),
  };
}

function contextData(context: PipesContext): JsonObject {
  const byAsset = <T extends Json>(value: (asset: AssetKey) => T): JsonObject =>
    Object.fromEntries(context.assets.map((asset) => [asset, value(asset)]));
  return {
    asset_keys: context.assets,
    code_version_by_asset_key: byAsset((asset) => context.codeVersions[asset] ?? null),
    provenance_by_asset_key: byAsset(() => null),
    ...partitionData(context.partition),
    run_id: context.runId,
    job_name: context.job ?? null,
    retry_number: context.retryNumber,
    extras: {},
  };
}

/** As Dagster tells it: a range always, a key when it is just one. */
function partitionData(partition: PipesPartition | undefined): JsonObject {
  if (partition === undefined) return { partition_key: null, partition_key_range: null, partition_time_window: null };
  const { first, last, window } = partition;
  return {
    partition_key: first === last ? first : null,
    partition_key_range: { start: first, end: last },
    partition_time_window: window === undefined ? null : { start: window.start, end: window.end },
  };
}

function encodeParams(params: JsonObject): string {
  const bytes = zlibStored(new TextEncoder().encode(JSON.stringify(params)));
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Reads the messages of one session into the same report as `BRANCHLINE_OUTPUT`. */
export function parsePipesMessages(text: string, scope: ReportScope): StepReport {
  const report = createReport('Dagster Pipes', scope);
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const wrong = takeMessage(report, parseJson(line));
    if (wrong !== undefined) report.problem(i + 1, wrong);
  }
  return report.done();
}

function takeMessage(report: ReportBuilder, message: Json | undefined): Wrong {
  if (
    !isObject(message) ||
    typeof message['__dagster_pipes_version'] !== 'string' ||
    typeof message['method'] !== 'string'
  ) {
    return 'not a message of the Dagster Pipes protocol';
  }
  const { method, params: given } = message as { readonly method: string; readonly params?: Json };
  const params: JsonObject = isObject(given) ? given : {};
  switch (method) {
    case 'opened':
    // What a client forwards of its own output: we read the output itself.
    case 'log_external_stream':
      return undefined;
    case 'closed':
      takeClosed(report, params);
      return undefined;
    case 'log':
      report.log(textOf(params['level'], 'INFO'), textOf(params['message'], ''));
      return undefined;
    case 'report_custom_message':
      report.log('CUSTOM', JSON.stringify(params['payload'] ?? null));
      return undefined;
    case 'report_asset_materialization':
      return takeMaterialization(report, params);
    case 'report_asset_check':
      return takeCheck(report, params);
    default:
      return `the message \`${method}\` is unknown to this version`;
  }
}

function textOf(value: Json | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : value == null ? otherwise : JSON.stringify(value);
}

function takeClosed(report: ReportBuilder, params: JsonObject): void {
  const exception = params['exception'];
  if (!isObject(exception)) return;
  const words: string[] = [];
  for (const word of [exception['name'], exception['message']]) {
    if (typeof word === 'string' && word !== '') words.push(word);
  }
  report.exception(words.join(': ') || 'an exception without a message');
}

function takeMaterialization(report: ReportBuilder, params: JsonObject): Wrong {
  const asset = report.asset(params['asset_key']);
  if (!asset.ok) return asset.error;
  const metadata = plainMetadata(params['metadata']);
  const rows = metadata['dagster/row_count'];
  // `null` = the client gave none.
  const dataVersion = params['data_version'] ?? undefined;
  const wrong =
    (rows === undefined ? undefined : report.rows(asset.value, rows)) ??
    (dataVersion === undefined ? undefined : report.dataVersion(asset.value, dataVersion)) ??
    report.metadata(asset.value, metadata);
  if (wrong === undefined) report.materialized(asset.value);
  return wrong;
}

function takeCheck(report: ReportBuilder, params: JsonObject): Wrong {
  const { check_name: check, passed } = params;
  const severity = typeof params['severity'] === 'string' ? params['severity'].toLowerCase() : 'error';
  const asset = report.asset(params['asset_key']);
  if (!asset.ok) return asset.error;
  if (typeof check !== 'string' || typeof passed !== 'boolean') {
    return 'the result of a check needs `check_name` and `passed`';
  }
  if (severity !== 'warn' && severity !== 'error') return '`severity` must be WARN or ERROR';
  return report.check({ asset: asset.value, check, passed, severity, metadata: plainMetadata(params['metadata']) });
}

/** `{label: {raw_value, type}}` or `{label: value}` → `{label: value}`. */
function plainMetadata(metadata: Json | undefined): Record<string, Json> {
  const plain: Record<string, Json> = {};
  if (!isObject(metadata)) return plain;
  for (const [label, value] of Object.entries(metadata)) {
    plain[label] = (isObject(value) && 'raw_value' in value ? value['raw_value'] : value) ?? null;
  }
  return plain;
}
