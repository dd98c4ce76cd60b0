import type { AssetChange } from '../insights/changes.ts';
import type { Figures } from '../insights/figures.ts';
import type { HealthReason, HealthStatus, ScopeHealth } from '../insights/health.ts';
import type { Windows } from '../insights/insights.ts';
import type { BackfillProgress } from '../model/backfills.ts';
import type { CheckStatus } from '../model/events.ts';
import { type Timestamp, timestamp } from '../model/instant.ts';
import type { AssetKey, Severity } from '../model/project.ts';
import type { PartitionStanding, QueueStanding } from '../model/standing.ts';
import { verdictText } from './figures-text.ts';
import { consequencePhrase, reasonPhrase } from './health-text.ts';
import { phraseText } from './phrase.ts';
import { reasonContext } from './report/attention.ts';
import { type AssetFacts, byUrgency, type ReportInput, shownSelections } from './report/facts.ts';

/** `branchline report --json`, version 1 (docs/report.md). Fields are added, never renamed; absent = not known. */
export interface ReportJson {
  readonly version: 1;
  readonly project: string;
  readonly environment: string;
  /** Instant and commit of the state; absent before the first. */
  readonly at?: Timestamp;
  readonly state?: string;
  readonly code?: string;
  readonly verdict: string;
  readonly health: ScopeHealth;
  /** By length of the window in days: this window, and the equal one before. Times in milliseconds, rates from 0 to 1. */
  readonly figures: Windows;
  readonly daily: readonly { readonly day: string; readonly figures: Figures }[];
  readonly groups: readonly ScopeJson[];
  readonly selections: readonly ScopeJson[];
  /** What needs a hand first, worst first; then by group and key. */
  readonly assets: readonly AssetJson[];
  readonly schedules: readonly {
    readonly schedule: string;
    readonly next?: Timestamp;
    readonly last?: {
      readonly tick: Timestamp;
      readonly outcome: 'requested' | 'skipped';
      readonly reason: string;
      readonly latenessMs: number;
    };
  }[];
  readonly changes: readonly AssetChange[];
  /** Runs that have not ended, at this state. */
  readonly queue: QueueStanding;
  /** Those that go on, and those that ended in the last 7 days. */
  readonly backfills: readonly BackfillProgress[];
}

interface ScopeJson {
  readonly name: string;
  readonly health: ScopeHealth;
  readonly figures: Windows;
}

interface AssetJson {
  readonly asset: AssetKey;
  readonly group?: string;
  readonly health: HealthStatus;
  readonly reasons: readonly {
    readonly kind: HealthReason['kind'];
    readonly text: string;
    readonly consequence?: string;
    readonly run?: string;
  }[];
  readonly lastSuccess?: Timestamp;
  readonly rows?: number;
  readonly dataVersion?: string;
  readonly durationsMs: readonly number[];
  readonly checks: readonly {
    readonly check: string;
    /** Absent: not judged yet. */
    readonly status?: CheckStatus;
    readonly severity: Severity;
    readonly blocking: boolean;
    readonly value?: number;
    readonly of?: number;
    readonly at?: Timestamp;
    readonly message?: string;
  }[];
  readonly figures: Windows;
  /** Absent = it has none. */
  readonly partitions?: Omit<PartitionStanding, 'asset'>;
}

/** The same content as the front page and the assets' pages, for programs. */
export function reportJson(input: ReportInput): ReportJson {
  const { project, view, assessment } = input;
  const { health, insights } = assessment;
  return {
    version: 1,
    project: project.name,
    environment: view.environment,
    ...(view.at === undefined ? {} : { at: view.at }),
    ...(view.head === undefined ? {} : { state: view.head }),
    ...(input.codeCommit === undefined ? {} : { code: input.codeCommit }),
    verdict: view.assets.size === 0 ? 'nothing has run yet' : verdictText(health.project),
    health: health.project,
    figures: insights.project,
    daily: insights.daily,
    groups: [...health.groups].map(([name, of]) => ({ name, health: of, figures: insights.groups.get(name) ?? {} })),
    selections: shownSelections(project).flatMap(({ name }) => {
      const of = health.selections.get(name);
      return of ? [{ name, health: of, figures: insights.selections.get(name) ?? {} }] : [];
    }),
    assets: byUrgency(input, Object.keys(project.assets)).map((facts) => assetJson(input, facts)),
    schedules: input.nextTicks.map(({ schedule, tick }) => {
      const last = view.schedules.get(schedule)?.lastTick;
      return {
        schedule,
        ...(tick === undefined ? {} : { next: timestamp(tick) }),
        ...(last
          ? { last: { tick: last.tick, outcome: last.outcome, reason: last.reason, latenessMs: last.latenessMs } }
          : {}),
      };
    }),
    changes: assessment.changes,
    queue: input.standing.queue,
    backfills: input.standing.backfills,
  };
}

function assetJson(input: ReportInput, facts: AssetFacts): AssetJson {
  const { asset, health, record } = facts;
  const context = reasonContext(input, facts);
  const made = record?.materialized;
  return {
    asset: asset.key,
    ...(asset.group === undefined ? {} : { group: asset.group }),
    health: health.status,
    reasons: health.reasons.map((reason) => {
      const consequence = consequencePhrase(reason, context);
      return {
        kind: reason.kind,
        text: phraseText(reasonPhrase(reason, context)),
        ...(consequence === undefined ? {} : { consequence: phraseText(consequence) }),
        ...(reason.kind === 'materialization_failed' ? { run: reason.run } : {}),
      };
    }),
    ...(made ? { lastSuccess: made.at, dataVersion: made.dataVersion } : {}),
    ...(made?.rows === undefined ? {} : { rows: made.rows }),
    durationsMs: record?.durationsMs ?? [],
    checks: asset.checks.map((check) => checkJson(facts, check)),
    figures: input.assessment.insights.assets.get(asset.key) ?? {},
    ...partitionsJson(input.standing.partitions.get(asset.key)),
  };
}

function partitionsJson(standing: PartitionStanding | undefined): Pick<AssetJson, 'partitions'> {
  if (standing === undefined) return {};
  const { asset: _named, ...partitions } = standing;
  return { partitions };
}

function checkJson({ record }: AssetFacts, check: AssetFacts['asset']['checks'][number]): AssetJson['checks'][number] {
  const result = record && Object.hasOwn(record.checks, check.name) ? record.checks[check.name] : undefined;
  const { name, severity, blocking } = check;
  if (!result) return { check: name, severity, blocking };
  const { status, at, message, value, of } = result;
  return {
    check: name,
    status,
    severity: result.severity,
    blocking: result.blocking,
    ...(value === undefined ? {} : { value }),
    ...(of === undefined ? {} : { of }),
    at,
    message,
  };
}
