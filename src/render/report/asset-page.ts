import type { Asset, Check } from '../../model/project.ts';
import type { AssetRecord, CheckRecord, HistoryEntry } from '../../model/state.ts';
import { formatDuration, formatInstant } from '../../time/format.ts';
import { healthMark } from '../figures-text.ts';
import { reasonPhrase } from '../health-text.ts';
import { blocks, code, join, link, type Markdown, own, table, text } from '../markdown.ts';
import { phraseMarkdown } from '../phrase.ts';
import { formatCount } from '../style.ts';
import { shortInstant } from './asset-table.ts';
import { attention, exposureNames, lastLines, reasonContext, someNames, sourceLink } from './attention.ts';
import { type AssetFacts, downstreamOf, exposuresReached, factsOf, type ReportInput } from './facts.ts';
import { scopeFigures } from './figures-table.ts';
import { partitionsOfAsset } from './partition-section.ts';
import { assetChartPath, assetPath, groupPath, hrefOf } from './paths.ts';
import { subPage } from './readme.ts';

const LINKS_MAX = 50;
const CHECKS_MAX = 200;
const COLUMNS_MAX = 200;

/** The page of one asset: verdict, what it is, lineage, checks, figures, history. */
export function renderAssetPage(input: ReportInput, facts: AssetFacts): string {
  const { asset, health, record } = facts;
  const page = assetPath(asset.key);
  const isCalm = health.status === 'healthy' || health.status === 'unknown';
  const [first] = health.reasons;
  return subPage(input, page, [
    own(`# ${healthMark(health.status)}${text(asset.key, 100)}: ${health.status}`),
    asset.description === undefined ? undefined : text(asset.description, 1000),
    isCalm ? calmSentence(input, facts) : attention(input, page, facts, false),
    first && !isCalm ? lastLines(first) : undefined,
    definition(input, asset, page),
    section('Lineage', lineage(input, asset, page)),
    section(
      'Partitions',
      partitionsOfAsset(input.standing.partitions.get(asset.key), input.standing.cures.get(asset.key)),
    ),
    section('Checks', checksTable(input, asset, record)),
    section(
      'Figures',
      asset.external
        ? undefined
        : scopeFigures(input.assessment.insights.assets.get(asset.key), input.assessment.insights.windows),
    ),
    section('History', history(asset, record, page)),
    section('Columns', columnsTable(asset)),
  ]);
}

function section(title: string, body: Markdown | undefined): Markdown | undefined {
  return body === undefined || body === '' ? undefined : own(`## ${title}\n\n${body}`);
}

function calmSentence(input: ReportInput, facts: AssetFacts): Markdown {
  const made = facts.record?.materialized;
  const [reason] = facts.health.reasons;
  if (reason) {
    const phrase = phraseMarkdown(reasonPhrase(reason, reasonContext(input, facts)));
    return own(`It ${phrase}.`);
  }
  if (!made) return own('Its checks pass.');
  const rows = made.rows === undefined ? '' : `, ${formatCount(made.rows)} ${made.rows === 1 ? 'row' : 'rows'}`;
  const confirmed = facts.record?.confirmedAt;
  const since =
    confirmed !== undefined && confirmed > made.at ? `; found up to date at ${formatInstant(confirmed)}` : '';
  return own(`Made at ${formatInstant(made.at)}${rows}${since}.`);
}

function definition(input: ReportInput, asset: Asset, page: string): Markdown {
  const step = asset.step === undefined ? undefined : input.project.steps[asset.step];
  const action = step?.action;
  const pairs: [string, Markdown | undefined][] = [
    [
      'group',
      asset.group === undefined ? undefined : link(text(asset.group, 60), hrefOf(page, groupPath(asset.group))),
    ],
    ['owners', asset.owners.length > 0 ? someNames(asset.owners, 20) : undefined],
    ['kinds', asset.kinds.length > 0 ? someNames(asset.kinds, 20) : undefined],
    ['tags', tagsText(asset)],
    ['made by', madeBy(input, asset, action)],
    [
      'relation',
      asset.relation &&
        code([asset.relation.schema, asset.relation.name].filter((part) => part !== undefined).join('.')),
    ],
    ['connection', asset.connection === undefined ? undefined : code(asset.connection)],
    [
      'files',
      asset.outputs.length > 0
        ? someNames(
            asset.outputs.map(({ path }) => path),
            20,
          )
        : undefined,
    ],
    ['defined in', sourceLink(input, asset.definedAt.file, asset.definedAt.line)],
  ];
  const lines = pairs.flatMap(([name, value]) => (value === undefined ? [] : [own(`- ${name}: ${value}`)]));
  return join(lines, '\n');
}

function tagsText(asset: Asset): Markdown | undefined {
  const tags = Object.entries(asset.tags);
  return tags.length === 0
    ? undefined
    : someNames(
        tags.map(([key, value]) => (value === '' ? key : `${key}=${value}`)),
        20,
      );
}

function madeBy(
  input: ReportInput,
  asset: Asset,
  action: ReportInput['project']['steps'][string]['action'] | undefined,
): Markdown {
  if (!action) return own('others (external)');
  const shared = asset.step === asset.key ? own('') : own(` in ${code(asset.step ?? '')}`);
  if (action.kind === 'run') return own(`${code(action.run.trim().split('\n')[0] ?? '')}${shared}`);
  return own(`SQL${action.file === undefined ? '' : ` ${sourceLink(input, action.file)}`}${shared}`);
}

function lineage(input: ReportInput, asset: Asset, page: string): Markdown | undefined {
  const readers = downstreamOf(input.project, asset.key);
  const list = (title: string, keys: readonly string[]): Markdown[] => {
    if (keys.length === 0) return [];
    const links = keys.slice(0, LINKS_MAX).map((key) => assetLink(input, key, page));
    const more = keys.length > LINKS_MAX ? ` and ${formatCount(keys.length - LINKS_MAX)} more` : '';
    return [own(`- ${title} ${join(links, ', ')}${more}`)];
  };
  const exposed = exposuresReached(input.project, asset.key);
  const feeds = exposed.length === 0 ? [] : [own(`- feeds ${exposureNames(exposed, LINKS_MAX)}`)];
  const lines = [...list('reads', asset.deps), ...list('read by', readers), ...feeds];
  return lines.length === 0 ? undefined : join(lines, '\n');
}

function assetLink(input: ReportInput, key: string, page: string): Markdown {
  const facts = factsOf(input, key);
  if (!facts) return code(key);
  const status = facts.health.status;
  const note = status === 'degraded' || status === 'warning' ? ` (${status})` : '';
  return own(`${link(text(key, 100), hrefOf(page, assetPath(key)))}${note}`);
}

function checksTable(input: ReportInput, asset: Asset, record: AssetRecord | undefined): Markdown | undefined {
  if (asset.checks.length === 0) return undefined;
  const rows = asset.checks.slice(0, CHECKS_MAX).map((check) => checkRow(check, record));
  const shown = table(['check', 'verdict', 'value', 'severity', 'judged', 'said'].map(own), '-->---', rows);
  const more = asset.checks.length - rows.length;
  return more > 0
    ? own(
        `${shown}\n\nAnd ${formatCount(more)} more in ${sourceLink(input, asset.definedAt.file, asset.definedAt.line)}.`,
      )
    : shown;
}

function checkRow(check: Check, record: AssetRecord | undefined): Markdown[] {
  const result = record && Object.hasOwn(record.checks, check.name) ? record.checks[check.name] : undefined;
  const severity = own(`${result?.severity ?? check.severity}${check.blocking ? ', blocking' : ''}`);
  const name = code(check.name, 80);
  if (!result) return [name, own('not judged yet'), own(''), severity, own(''), text(check.description ?? '')];
  return [
    name,
    own(verdictOf(result)),
    own(valueText(result)),
    severity,
    own(shortInstant(result.at)),
    text(result.message),
  ];
}

function verdictOf(result: CheckRecord): string {
  // An audit judges a copy: what did not pass there was not published.
  const copy = result.stage === 'audit' && result.blocking && result.published !== true ? ', not published' : '';
  switch (result.status) {
    case 'PASSED':
      return 'passed';
    case 'FAILED':
      return result.severity === 'warn' ? '! warns' : `✗ **failed**${copy}`;
    case 'ERRORED':
      return `✗ **could not judge**${copy}`;
    case 'SKIPPED':
      return 'skipped';
  }
}

function valueText({ value, of }: CheckRecord): string {
  if (value === undefined) return '';
  return of === undefined ? numberText(value) : `${numberText(value)}\u00a0of\u00a0${numberText(of)}`;
}

function numberText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15
    ? `${value < 0 ? '−' : ''}${formatCount(Math.abs(value))}`
    : String(value);
}

const OUTCOMES: Readonly<Record<HistoryEntry['outcome'], string>> = {
  success: 'made',
  failure: '✗ **failed**',
  canceled: 'canceled',
};

function history(asset: Asset, record: AssetRecord | undefined, page: string): Markdown | undefined {
  if (!record || record.history.length === 0) return undefined;
  const columns: [head: string, align: string, cell: (entry: HistoryEntry) => Markdown][] = [
    ['at', '-', ({ at }) => own(shortInstant(at))],
    ['outcome', '-', ({ outcome }) => own(OUTCOMES[outcome])],
    ['rows', '>', ({ rows }) => own(rows === undefined ? '' : formatCount(rows))],
    ['time', '>', ({ durationMs }) => own(formatDuration(durationMs))],
    ['data version', '-', ({ dataVersion }) => own(dataVersion === undefined ? '' : code(versionText(dataVersion)))],
    ['run', '-', ({ run }) => code(run)],
    ['said', '-', ({ message }) => text(message ?? '', 200)],
  ];
  // A column without a word in it only takes room.
  const used = columns.filter(([, , cell]) => record.history.some((entry) => cell(entry) !== ''));
  const rows = record.history.map((entry) => used.map(([, , cell]) => cell(entry)));
  const chart = hasChart(record)
    ? own(`![Run time of the last ${record.durationsMs.length} successes](${hrefOf(page, assetChartPath(asset.key))})`)
    : undefined;
  return blocks([
    chart,
    table(
      used.map(([head]) => own(head)),
      used.map(([, align]) => align).join(''),
      rows,
    ),
  ]);
}

/** True when there are enough points for a line. */
export function hasChart(record: AssetRecord | undefined): boolean {
  return record !== undefined && record.durationsMs.length >= 3;
}

/** Enough of a data version to tell it from another one. */
function versionText(version: string): string {
  return version.length > 24 ? `${version.slice(0, 23)}…` : version;
}

function columnsTable(asset: Asset): Markdown | undefined {
  const columns = Object.entries(asset.columns ?? {});
  if (columns.length === 0) return undefined;
  const rows = columns
    .slice(0, COLUMNS_MAX)
    .map(([name, column]) => [
      code(name),
      column.type === undefined ? own('') : code(column.type),
      own(column.nullable === false ? 'never' : ''),
      text(column.description ?? ''),
    ]);
  const shown = table(['column', 'type', 'nulls', 'description'].map(own), '----', rows);
  return columns.length > rows.length
    ? blocks([shown, own(`And ${formatCount(columns.length - rows.length)} more.`)])
    : shown;
}
