import { unreachable } from '../base/result.ts';
import type { Span } from '../model/diagnostic.ts';
import type { PartitionsDef } from '../model/partitions.ts';
import type { Asset, AutomationRule, Check, Project } from '../model/project.ts';
import { sameDefinition } from '../time/partitions/mapping.ts';
import { definitionWords } from '../time/partitions/words.ts';
import { formatBound } from './bounds.ts';
import { buildGraph } from './graph.ts';
import { type SelectionScope, select } from './selection-evaluate.ts';

/** What `branchline list` can list. */
export const LISTINGS = ['assets', 'checks', 'jobs', 'schedules', 'selections', 'exposures'] as const;
export type Listing = (typeof LISTINGS)[number];

/** Where a thing is defined: every row has it, so that an editor can go there. */
interface ListedAt {
  readonly file: string;
  readonly line: number;
}

export interface AssetRow extends ListedAt {
  readonly asset: string;
  readonly group?: string;
  readonly kinds: readonly string[];
  readonly owners: readonly string[];
  readonly deps: readonly string[];
  readonly checks: number;
  /** What makes it. */
  readonly made_by: 'sql' | 'run' | 'multi_asset' | 'external';
  readonly step?: string;
  readonly connection?: string;
  /** `schema.table`. */
  readonly relation?: string;
  readonly outputs: readonly string[];
  /** Name of its shared definition of partitions, else the kind of its own. */
  readonly partitions?: string;
  /** Its own definition as it is written, in few words: `weekly from 2026-10-01`; absent = it shares one. */
  readonly partitions_written?: string;
  /** When it is made by itself. */
  readonly automation?: AutomationRule['kind'];
  /** Of `on_cron`. */
  readonly automation_cron?: string;
  readonly automation_timezone?: string;
  readonly description?: string;
}

export interface CheckRow extends ListedAt {
  readonly asset: string;
  readonly check: string;
  readonly kind: string;
  readonly severity: string;
  readonly blocking: boolean;
  readonly warn_if?: string;
  readonly error_if?: string;
  readonly factory?: string;
  readonly description?: string;
}

export interface JobRow extends ListedAt {
  readonly job: string;
  readonly selection: string;
  /** How many assets it selects; absent when that depends on the state. */
  readonly assets?: number;
  readonly schedules: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly description?: string;
}

export interface ScheduleRow extends ListedAt {
  readonly schedule: string;
  readonly crons: readonly string[];
  readonly timezone: string;
  readonly job?: string;
  readonly selection?: string;
  readonly catchup: string;
}

export interface SelectionRow extends ListedAt {
  readonly name: string;
  readonly selection: string;
  readonly assets?: number;
  readonly visibility: string;
  readonly pinned: boolean;
  readonly icon?: string;
  readonly description?: string;
}

export interface ExposureRow extends ListedAt {
  readonly exposure: string;
  readonly type: string;
  readonly owner?: string;
  readonly deps: readonly string[];
  readonly url?: string;
  readonly description?: string;
}

/** Assets in the graph's order, each with what makes it. */
export function listAssets(project: Project, keys: ReadonlySet<string> | undefined): readonly AssetRow[] {
  const order = buildGraph(project.assets).graph.order.filter((key) => keys?.has(key) !== false);
  return order.map((key) => {
    const asset = project.assets[key]!;
    const step = asset.step === undefined ? undefined : project.steps[asset.step];
    const { description, group, connection, relation } = asset;
    return {
      asset: key,
      ...(group === undefined ? {} : { group }),
      kinds: asset.kinds,
      owners: asset.owners,
      deps: asset.deps,
      checks: asset.checks.length,
      made_by: step === undefined ? 'external' : step.name !== key ? 'multi_asset' : step.action.kind,
      ...(step === undefined ? {} : { step: step.name }),
      ...(connection === undefined ? {} : { connection }),
      ...(relation === undefined
        ? {}
        : { relation: relation.schema === undefined ? relation.name : `${relation.schema}.${relation.name}` }),
      outputs: asset.outputs.map(({ path }) => path),
      ...(asset.partitions === undefined ? {} : partitionsOf(project, asset.partitions)),
      ...automationOf(asset),
      ...(description === undefined ? {} : { description }),
      ...at(asset.definedAt),
    };
  });
}

function automationOf({
  automation: rule,
}: Asset): Pick<AssetRow, 'automation' | 'automation_cron' | 'automation_timezone'> {
  if (rule === undefined) return {};
  if (rule.kind !== 'on_cron') return { automation: rule.kind };
  return { automation: rule.kind, automation_cron: rule.cron, automation_timezone: rule.timezone };
}

/** The name of a shared definition; of one that the asset writes itself its kind, and how it is written. */
function partitionsOf(
  { partitions }: Project,
  def: PartitionsDef,
): Pick<AssetRow, 'partitions' | 'partitions_written'> {
  const shared = Object.keys(partitions).find((name) => sameDefinition(partitions[name], def));
  return shared === undefined
    ? { partitions: def.kind, partitions_written: definitionWords(def) }
    : { partitions: shared };
}

/** Checks, by asset in the graph's order and then by name. */
export function listChecks(project: Project, keys: ReadonlySet<string> | undefined): readonly CheckRow[] {
  const order = buildGraph(project.assets).graph.order.filter((key) => keys?.has(key) !== false);
  return order.flatMap((key) => project.assets[key]!.checks.map(checkRow));
}

function checkRow(check: Check): CheckRow {
  const { warnIf, errorIf, factory, description } = check;
  return {
    asset: check.asset,
    check: check.name,
    kind: kindName(check.kind),
    severity: check.severity,
    blocking: check.blocking,
    ...(warnIf === undefined ? {} : { warn_if: formatBound(warnIf) }),
    ...(errorIf === undefined ? {} : { error_if: formatBound(errorIf) }),
    ...(factory === undefined ? {} : { factory }),
    ...(description === undefined ? {} : { description }),
    ...at(check.definedAt),
  };
}

function kindName(kind: Check['kind']): string {
  return kind.type === 'multi' ? `multi_checks.${kind.multiCheck}` : kind.type;
}

export function listJobs(project: Project): readonly JobRow[] {
  const schedules = Object.values(project.schedules);
  return Object.values(project.jobs).map((job) => ({
    job: job.name,
    selection: job.selection,
    ...count(project, job.selection),
    schedules: schedules.filter((schedule) => schedule.job === job.name).map(({ name }) => name),
    tags: job.tags,
    ...(job.description === undefined ? {} : { description: job.description }),
    ...at(job.definedAt),
  }));
}

export function listSchedules(project: Project): readonly ScheduleRow[] {
  return Object.values(project.schedules).map(({ name, crons, timezone, job, selection, catchup, definedAt }) => ({
    schedule: name,
    crons,
    timezone,
    ...(job === undefined ? {} : { job }),
    ...(selection === undefined ? {} : { selection }),
    catchup,
    ...at(definedAt),
  }));
}

export function listSelections(project: Project): readonly SelectionRow[] {
  return Object.values(project.selections).map(
    ({ name, icon, description, selection, visibility, pinned, definedAt }) => ({
      name,
      selection,
      ...count(project, selection),
      visibility,
      pinned,
      ...(icon === undefined ? {} : { icon }),
      ...(description === undefined ? {} : { description }),
      ...at(definedAt),
    }),
  );
}

export function listExposures(project: Project): readonly ExposureRow[] {
  return Object.values(project.exposures).map(({ name, type, owner, deps, url, description, definedAt }) => ({
    exposure: name,
    type,
    ...(owner === undefined ? {} : { owner }),
    deps,
    ...(url === undefined ? {} : { url }),
    ...(description === undefined ? {} : { description }),
    ...at(definedAt),
  }));
}

/** The rows of one listing; `keys` narrows assets and checks. */
export function list(
  listing: Listing,
  project: Project,
  keys?: ReadonlySet<string>,
): readonly (AssetRow | CheckRow | JobRow | ScheduleRow | SelectionRow | ExposureRow)[] {
  switch (listing) {
    case 'assets':
      return listAssets(project, keys);
    case 'checks':
      return listChecks(project, keys);
    case 'jobs':
      return listJobs(project);
    case 'schedules':
      return listSchedules(project);
    case 'selections':
      return listSelections(project);
    case 'exposures':
      return listExposures(project);
    default:
      return unreachable(listing);
  }
}

function at({ file, line }: Span): ListedAt {
  return { file, line };
}

/** The scope of a project for selections; `statusOf` from the state, when it was read. */
export function selectionScope(project: Project, statusOf?: SelectionScope['statusOf']): SelectionScope {
  const { assets, jobs, schedules, exposures, partitions } = project;
  return {
    assets,
    jobs,
    schedules,
    exposures,
    partitions,
    graph: buildGraph(assets).graph,
    ...(statusOf ? { statusOf } : {}),
  };
}

function count(project: Project, selection: string): { readonly assets?: number } {
  const selected = select(selection, selectionScope(project));
  return selected.ok ? { assets: selected.value.size } : {};
}
