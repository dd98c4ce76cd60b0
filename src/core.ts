/**
 * `branchline/core`: the pure core for library users. Nothing here reads a clock, a file or the network; give it plain
 * values and it gives plain values back. Semantic versioning covers what this file exports.
 */

export { canonicalJson } from './base/json.ts';
// ── Results ──────────────────────────────────────────────────────────────────────────────────────────────────────
export type { Result } from './base/result.ts';
export { isHolding, judge, type Observed, type Verdict } from './checks/judge.ts';
// ── Check rules ──────────────────────────────────────────────────────────────────────────────────────────────────
export { checkSql } from './checks/query.ts';
export type { ManifestDocument } from './manifest/document.ts';
export { parseManifest } from './manifest/parse.ts';
// ── Compare: two versions of a project → what changed, why, and what is downstream ───────────────────────────────
export type { AssetChange, ChangeReason, DownstreamAsset, ProjectChanges, ValueChange } from './model/changes.ts';
// ── Parse: YAML text → a document with positions, and everything that is wrong with it ───────────────────────────
export type { Diagnostic, RelatedSpan, Span } from './model/diagnostic.ts';
export { compareDiagnostics } from './model/diagnostic.ts';
// ── Fold: events → what is known ─────────────────────────────────────────────────────────────────────────────────
export type { BranchlineEvent, CheckStatus, EventDraft, RunCounts, RunState } from './model/events.ts';
export { runId } from './model/ids.ts';
// ── Plan: a verdict and a reason for each asset ──────────────────────────────────────────────────────────────────
export type {
  AssetVerdict,
  Estimate,
  Plan,
  PlannedStep,
  PlanRefusal,
  RunReason,
  RunRequest,
  SkipReason,
} from './model/plan.ts';
// ── Resolve: documents → a project (defaults applied, references checked) ────────────────────────────────────────
export type {
  Action,
  Asset,
  AssetKey,
  Bound,
  Check,
  CheckKind,
  Connection,
  Exposure,
  Job,
  MultiCheck,
  Project,
  Relation,
  SavedSelection,
  Schedule,
  Severity,
  StepDef,
} from './model/project.ts';
export type { AssetRecord, CheckRecord, RunRecord, StateView } from './model/state.ts';
export { changedOf, compareProjects } from './plan/changes/compare.ts';
export type { ProjectVersion } from './plan/changes/side.ts';
export { nextTicks } from './plan/next-ticks.ts';
export type { PlanInput } from './plan/plan-input.ts';
export { planRun } from './plan/run-plan.ts';
export { type StepFingerprint, stalenessOf } from './plan/staleness.ts';
export { planTick, type TickInput, type TickPlan } from './plan/tick.ts';
export type { SourceTree } from './ports.ts';
export { formatBound, parseBound } from './project/bounds.ts';
export { type CodeVersion, fingerprinter } from './project/fingerprint.ts';
export { type AssetGraph, buildGraph } from './project/graph.ts';
export { selectionScope } from './project/listing.ts';
export { resolveProject } from './project/resolve.ts';
// ── Select: the selection grammar ────────────────────────────────────────────────────────────────────────────────
export { parseSelection, type SelectionExpr } from './project/selection.ts';
export { evaluateSelection, type SelectionScope, type SelectionStatus, select } from './project/selection-evaluate.ts';
export { formatSelection } from './project/selection-format.ts';
// ── Decide: a plan and what happened so far → what to do next ────────────────────────────────────────────────────
export { type Command, type DecideOptions, decide } from './run/decide.ts';
export { evolveProgress, initialProgress, type RunProgress } from './run/progress.ts';
export { decodeEvent, encodeEvent, numberEvents } from './state/codec.ts';
export { emptyView, fold, foldAll } from './state/fold.ts';
export { verifyState } from './state/verify.ts';
export { type DueTicks, dueTicks, nextTick } from './time/cron.ts';
// ── Schedule arithmetic ──────────────────────────────────────────────────────────────────────────────────────────
export { type Cron, parseCron } from './time/cron-syntax.ts';
export { parseDuration } from './time/duration.ts';
export { isZone } from './time/zone.ts';
