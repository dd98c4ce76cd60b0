/**
 * `branchline/core`: the pure core for library users. Nothing here reads a clock, a file or the network; give it plain
 * values and it gives plain values back. Semantic versioning covers what this file exports.
 */
export { canonicalJson } from './base/json.js';
export type { Result } from './base/result.js';
export { isHolding, judge, type Observed, type Verdict } from './checks/judge.js';
export { checkSql } from './checks/query.js';
export type { ManifestDocument } from './manifest/document.js';
export { parseManifest } from './manifest/parse.js';
export type { AssetChange, ChangeReason, DownstreamAsset, ProjectChanges, ValueChange } from './model/changes.js';
export type { Diagnostic, RelatedSpan, Span } from './model/diagnostic.js';
export { compareDiagnostics } from './model/diagnostic.js';
export type { BranchlineEvent, CheckStatus, EventDraft, RunCounts, RunState } from './model/events.js';
export { runId } from './model/ids.js';
export type { AssetVerdict, Estimate, Plan, PlannedStep, PlanRefusal, RunReason, RunRequest, SkipReason, } from './model/plan.js';
export type { Action, Asset, AssetKey, Bound, Check, CheckKind, Connection, Exposure, Job, MultiCheck, Project, Relation, SavedSelection, Schedule, Severity, StepDef, } from './model/project.js';
export type { AssetRecord, CheckRecord, RunRecord, StateView } from './model/state.js';
export { changedOf, compareProjects } from './plan/changes/compare.js';
export type { ProjectVersion } from './plan/changes/side.js';
export { nextTicks } from './plan/next-ticks.js';
export type { PlanInput } from './plan/plan-input.js';
export { planRun } from './plan/run-plan.js';
export { type StepFingerprint, stalenessOf } from './plan/staleness.js';
export { planTick, type TickInput, type TickPlan } from './plan/tick.js';
export type { SourceTree } from './ports.js';
export { formatBound, parseBound } from './project/bounds.js';
export { type CodeVersion, fingerprinter } from './project/fingerprint.js';
export { type AssetGraph, buildGraph } from './project/graph.js';
export { selectionScope } from './project/listing.js';
export { resolveProject } from './project/resolve.js';
export { parseSelection, type SelectionExpr } from './project/selection.js';
export { evaluateSelection, type SelectionScope, type SelectionStatus, select } from './project/selection-evaluate.js';
export { formatSelection } from './project/selection-format.js';
export { type Command, type DecideOptions, decide } from './run/decide.js';
export { evolveProgress, initialProgress, type RunProgress } from './run/progress.js';
export { decodeEvent, encodeEvent, numberEvents } from './state/codec.js';
export { emptyView, fold, foldAll } from './state/fold.js';
export { verifyState } from './state/verify.js';
export { type DueTicks, dueTicks, nextTick } from './time/cron.js';
export { type Cron, parseCron } from './time/cron-syntax.js';
export { parseDuration } from './time/duration.js';
export { isZone } from './time/zone.js';
