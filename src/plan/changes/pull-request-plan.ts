import { sortedUnique } from '../../base/order.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { AssetChange, ProjectChanges, ValueChange } from '../../model/changes.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Plan } from '../../model/plan.ts';
import type { AssetKey, Project } from '../../model/project.ts';
import {
  PLAN_ENTRIES_MAX,
  type PlannedAsset,
  type PullRequestPlan,
  type ReachedExposure,
  type WouldRun,
} from '../../model/pull-request-plan.ts';
import { validate } from './generated/validate-pr-plan.mjs';
import { lineageOf } from './lineage.ts';

export interface PullRequestPlanParts {
  /** Name of the project. */
  readonly name: string;
  /** Of the head; absent when it has errors. */
  readonly project?: Project;
  readonly head: string;
  readonly base: string;
  readonly isFirst: boolean;
  readonly baseProblems: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly changes?: ProjectChanges;
  readonly plan?: Plan;
  readonly expected?: WouldRun['expected'];
  /** Why there is no plan. */
  readonly noPlan?: string;
}

/** Bytes of an uploaded plan that are read at all. */
export const PLAN_BYTES_MAX = 4_000_000;
const VALUES_MAX = 100;
const READS_MAX = 50;
const OWNERS_MAX = 50;
const DETAIL_MAX = 20;

/** Everything that the comment says, as data within the bounds of its schema. */
export function buildPullRequestPlan(parts: PullRequestPlanParts): PullRequestPlan {
  const { name, project, diagnostics, changes, plan, expected, noPlan } = parts;
  const { head, base, isFirst, baseProblems } = parts;
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const planned = plan === undefined ? [] : plannedAssets(plan);
  return {
    version: 1,
    project: name.slice(0, 200),
    head,
    base,
    isFirst,
    baseProblems,
    problems: diagnostics.slice(0, PLAN_ENTRIES_MAX).map(problemOf),
    totals: {
      errors,
      warnings: diagnostics.length - errors,
      changed: changes?.assets.length ?? 0,
      downstream: changes?.downstream.length ?? 0,
      settings: changes?.project.length ?? 0,
      planned: planned.length,
    },
    ...(changes === undefined || project === undefined ? {} : changedParts(changes, project)),
    ...(plan === undefined
      ? {}
      : {
          wouldRun: {
            digest: plan.digest,
            steps: plan.steps.filter(({ verdict }) => verdict !== 'skip').length,
            assets: planned.slice(0, PLAN_ENTRIES_MAX),
            ...(expected === undefined ? {} : { expected }),
          },
        }),
    ...(noPlan === undefined ? {} : { noPlan: cut(noPlan, 500) }),
  };
}

/** Reads an uploaded plan as hostile data: its size, then its schema, which is closed and bounds every part. */
export function readPullRequestPlan(text: string): Result<PullRequestPlan, string> {
  if (text.length > PLAN_BYTES_MAX) return fail('the uploaded plan is larger than any plan of ours');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('the uploaded plan is no JSON');
  }
  if (!validate(value)) return fail('the uploaded plan does not have the shape of schemas/pr-plan.schema.json');
  return ok(value as PullRequestPlan);
}

/**
 * True when there is nothing to tell: nothing of the pipeline changed, and nothing is in the way of a run. Warnings of
 * manifests that nobody touched are not for this pull request.
 */
export function isQuiet({ totals }: PullRequestPlan): boolean {
  return totals.errors + totals.changed + totals.settings === 0;
}

function problemOf({ severity, code, message, help, span }: Diagnostic): PullRequestPlan['problems'][number] {
  return {
    severity,
    code,
    message: cut(message, 1000),
    ...(help === undefined ? {} : { help: cut(help, 1000) }),
    file: cut(span.file, 1000),
    line: span.line,
  };
}

type ChangedParts = Pick<PullRequestPlan, 'changed' | 'downstream' | 'settings' | 'exposures' | 'lineage'>;

function changedParts(changes: ProjectChanges, project: Project): ChangedParts {
  return {
    changed: changes.assets.slice(0, PLAN_ENTRIES_MAX).map(boundedChange),
    downstream: changes.downstream
      .slice(0, PLAN_ENTRIES_MAX)
      .map((each) => ({ ...each, reads: each.reads.slice(0, READS_MAX) })),
    settings: changes.project.slice(0, PLAN_ENTRIES_MAX).map(boundedValue),
    exposures: reachedExposures(changes, project).slice(0, PLAN_ENTRIES_MAX),
    lineage: lineageOf(changes, project),
  };
}

function boundedChange(change: AssetChange): AssetChange {
  const { definedAt } = change;
  const span = {
    file: cut(definedAt.file, 1000),
    line: definedAt.line,
    column: definedAt.column,
    length: definedAt.length,
  };
  return {
    ...change,
    // Plain: a place may be one that is looked up when it is read.
    definedAt: span,
    owners: change.owners.slice(0, OWNERS_MAX).map((owner) => cut(owner, 200)),
    reasons: change.reasons.map(({ reason, values }) => ({
      reason,
      values: values.slice(0, VALUES_MAX).map(boundedValue),
    })),
  };
}

function boundedValue(value: ValueChange): ValueChange {
  return {
    ...value,
    what: cut(value.what, 1000),
    ...(value.file === undefined ? {} : { file: cut(value.file, 1000) }),
  };
}

/** Exposures that read a touched asset themselves. */
function reachedExposures({ assets, downstream }: ProjectChanges, project: Project): readonly ReachedExposure[] {
  const touched = new Set([...assets, ...downstream].map(({ asset }) => asset));
  return Object.values(project.exposures).flatMap(({ name, type, owner, url, deps }) => {
    const reads = deps.filter((key) => touched.has(key));
    if (reads.length === 0) return [];
    return [
      {
        name: cut(name, 200),
        type,
        ...(owner === undefined ? {} : { owner: cut(owner, 200) }),
        ...(url === undefined || url.length > 2000 ? {} : { url }),
        reads: reads.slice(0, READS_MAX),
      },
    ];
  });
}

function plannedAssets(plan: Plan): readonly PlannedAsset[] {
  return plan.steps.flatMap(({ assets }) =>
    assets.flatMap(({ asset, verdict, reason, detail }): readonly PlannedAsset[] =>
      verdict === 'skip'
        ? []
        : [{ asset, verdict, reason, detail: detail.slice(0, DETAIL_MAX).map((each) => cut(each, 500)) }],
    ),
  );
}

/** The assets whose plan the comment is about: what was changed and still is there, and all that is made from it. */
export function touchedAssets({ assets, downstream }: ProjectChanges): readonly AssetKey[] {
  const kept = assets.filter(({ reasons }) => reasons[0]?.reason !== 'removed');
  return sortedUnique([...kept, ...downstream].map(({ asset }) => asset));
}

/** At most so many UTF-16 code units, never half of a surrogate pair. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
