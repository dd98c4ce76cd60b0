import { byText } from '../base/order.ts';
import type { ManifestDocument } from '../manifest/document.ts';
import { compareDiagnostics, type Diagnostic } from '../model/diagnostic.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Asset, AssetKey, Check, Job, MultiCheck, Project, Schedule, StepDef } from '../model/project.ts';
import type { SourceTree } from '../ports.ts';
import { brokenIn } from './broken.ts';
import { collectDefinitions } from './definitions.ts';
import { resolveExposure } from './exposures.ts';
import { resolveFactory } from './factories.ts';
import { below, collectFindings, type Place } from './findings.ts';
import { buildGraph } from './graph.ts';
import { verifyMappings } from './mappings.ts';
import { resolveMultiCheck } from './multi-checks.ts';
import { warnOfPlainTables } from './plain-tables.ts';
import { verifyRefs, verifyView } from './relations.ts';
import { type AssetDraft, resolveAsset } from './resolve-assets.ts';
import { verifyAutomation, verifyRings } from './resolve-automation.ts';
import { contractCheck, resolveCheck } from './resolve-checks.ts';
import { resolveJob, resolveSavedSelection, resolveSchedule, verifySelection } from './resolve-jobs.ts';
import { withDefaultPools } from './resolve-operations.ts';
import { resolveConnections, resolveSettings, type Settings } from './resolve-settings.ts';
import { resolveMultiAsset, resolveStep } from './resolve-steps.ts';
import type { Resolving } from './resolving.ts';
import { reportUnusedSecrets } from './secrets.ts';
import { parseSelection } from './selection.ts';
import { evaluateSelection, type SelectionScope } from './selection-evaluate.ts';
import { envNamesUsed } from './used-variables.ts';
import { verifyOutputs, verifyRelations } from './verify-claims.ts';
import { verifyCycles, verifySteps } from './verify-graph.ts';
import { verifyMaxima, verifyTimeouts } from './verify-maxima.ts';
import { taggedThings, verifyLimits, verifyTags } from './verify-operations.ts';
import { verifyPartitioned, verifyScheduled } from './verify-partitions.ts';

export interface Resolved {
  /** Absent while there is an error. */
  readonly project?: Project;
  /** What could be made of the manifests, errors or not. For comparing with: nothing is planned from it. */
  readonly readable: Project;
  /** All that is wrong, in the order of a report. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface ResolveOptions {
  /**
   * Some manifest could not be read, so definitions are missing. Names that nobody defines are then not reported: one
   * broken file would make an error of every mention of what it defines. There is no project then.
   */
  readonly incomplete?: boolean;
  /** With it, what has not begun yet is warned of. */
  readonly now?: EpochMs;
}

/**
 * Manifests → Project: defaults, references, paths, checks, selections (vocabulary.md). Never fails: it gives back all
 * that is wrong, each mistake once. The result depends on neither the order of files nor that of keys.
 */
export function resolveProject(
  documents: readonly ManifestDocument[],
  tree: SourceTree,
  options: ResolveOptions = {},
): Resolved {
  const findings = collectFindings(tree);
  const definitions = collectDefinitions(documents, findings);
  const broken = brokenIn(documents, options.incomplete === true || definitions.project === undefined);
  const connections = resolveConnections(definitions, { definitions, tree, findings, broken });
  const now = options.now === undefined ? {} : { now: options.now };
  const resolving: Resolving = { definitions, tree, findings, connections, broken, ...now };
  const settings = resolveSettings(resolving);
  const { drafts, steps } = resolveAll(resolving);
  const { graph } = buildGraph(Object.fromEntries([...drafts].map(([key, { asset }]) => [key, asset])));
  if (verifyCycles(drafts, graph, resolving)) verifySteps(steps, drafts, resolving);
  verifyPartitioned(drafts, resolving);
  verifyAutomation(drafts, resolving);
  verifyMappings(drafts, resolving);
  verifyRelations(drafts, resolving);
  verifyOutputs(drafts, resolving);
  warnOfPlainTables(drafts, resolving);
  for (const draft of drafts.values()) {
    const { asset, sql } = draft;
    if (sql === undefined) continue;
    verifyRefs({ ...sql, connection: asset.connection, own: draft }, drafts, resolving);
    if (asset.materialized === 'view') verifyView(sql, resolving);
  }
  const project = assemble({ settings, drafts, steps, connections }, (assets) => ({ assets, graph }), resolving);
  verifyRings(project, drafts, resolving);
  reportUnusedSecrets(envNamesUsed(project), resolving);
  const diagnostics = [...findings.diagnostics].sort(compareDiagnostics);
  const isFine = broken.isNothing && diagnostics.every(({ severity }) => severity !== 'error');
  return { readable: project, diagnostics, ...(isFine ? { project } : {}) };
}

interface Made {
  readonly drafts: ReadonlyMap<AssetKey, AssetDraft>;
  readonly steps: Readonly<Record<string, StepDef>>;
}

function resolveAll(resolving: Resolving): Made {
  const { definitions } = resolving;
  const drafts: AssetDraft[] = [];
  const steps: StepDef[] = [];
  for (const definition of definitions.assets.values()) {
    const draft = resolveAsset(definition, resolving);
    const step = resolveStep(draft, resolving);
    drafts.push(draft);
    if (step !== undefined) steps.push(step);
  }
  for (const definition of definitions.multiAssets.values()) {
    const made = resolveMultiAsset(definition, resolving);
    drafts.push(...made.drafts);
    steps.push(made.step);
  }
  drafts.sort((a, b) => byText(a.asset.key, b.asset.key));
  steps.sort((a, b) => byText(a.name, b.name));
  return {
    drafts: new Map(drafts.map((draft) => [draft.asset.key, draft])),
    steps: Object.fromEntries(steps.map((step) => [step.name, step])),
  };
}

type Parts = Made & { readonly settings: Settings; readonly connections: Project['connections'] };
type ScopeOf = (assets: Readonly<Record<AssetKey, Asset>>) => Pick<SelectionScope, 'assets' | 'graph'>;

function assemble({ settings, drafts, steps, connections }: Parts, scopeOf: ScopeOf, resolving: Resolving): Project {
  const { definitions } = resolving;
  const jobs = fromMap(definitions.jobs, resolveJob);
  const schedules = fromMap(definitions.schedules, (definition) =>
    resolveSchedule(definition, settings.timezone, resolving),
  );
  const selections = fromMap(definitions.selections, resolveSavedSelection);
  const exposures = fromMap(definitions.exposures, (definition) => resolveExposure(definition, resolving));
  const bare = Object.fromEntries([...drafts].map(([key, { asset }]) => [key, { ...asset, checks: [] }]));
  const { partitions } = settings;
  const scope: SelectionScope = { ...scopeOf(bare), jobs, schedules, exposures, partitions };
  verifySelections(scope, resolving);
  const tagged = taggedThings(jobs, schedules, drafts, resolving);
  verifyTags(settings, tagged, resolving);
  verifyMaxima({ ...settings, steps }, tagged, resolving);
  verifyTimeouts({ ...settings, steps }, tagged, drafts, resolving);
  const assetsOf = (schedule: string) => scheduledAssets(schedules[schedule]!, jobs, scope);
  verifyScheduled(definitions.schedules, assetsOf, resolving);
  verifyLimits(settings, [...Object.values(jobs), ...Object.values(schedules)], bare, resolving);
  const multiChecks: Record<string, MultiCheck> = {};
  const checks = ownChecks(drafts, resolving);
  for (const definition of definitions.factories.values()) {
    const selected = verifySelection(
      definition.value.selection,
      below(definition.place, 'selection'),
      scope,
      resolving,
    );
    checks.push(...resolveFactory(definition, selected ?? [], drafts, resolving));
  }
  for (const definition of definitions.multiChecks.values()) {
    const made = resolveMultiCheck(definition, drafts, resolving);
    if (made === undefined) continue;
    multiChecks[definition.name] = made.multiCheck;
    checks.push(...made.checks);
  }
  const byAsset = checksByAsset(checks, resolving);
  const assets = Object.fromEntries(
    [...drafts].map(([key, { asset }]) => [key, { ...asset, checks: byAsset.get(key) ?? [] }]),
  );
  const operations = withDefaultPools(settings.operations, Object.values(steps), resolving);
  return { ...settings, operations, connections, assets, steps, multiChecks, jobs, schedules, selections, exposures };
}

function fromMap<D, T>(definitions: ReadonlyMap<string, D>, make: (definition: D) => T): Readonly<Record<string, T>> {
  return Object.fromEntries([...definitions].map(([name, definition]) => [name, make(definition)]));
}

/** What a schedule runs; undefined where only the state can tell, or where the selection is wrong. */
function scheduledAssets(
  schedule: Schedule,
  jobs: Readonly<Record<string, Job>>,
  scope: SelectionScope,
): readonly Pick<Asset, 'key' | 'partitions'>[] | undefined {
  const selection = schedule.selection ?? jobs[schedule.job ?? '']?.selection;
  const parsed = selection === undefined ? undefined : parseSelection(selection);
  const selected = parsed?.ok ? evaluateSelection(parsed.value, scope) : undefined;
  return selected?.ok ? [...selected.value].flatMap((key) => scope.assets[key] ?? []) : undefined;
}

/** Selections of jobs, schedules and pushes may ask `status:`, which is answered from the state when they are planned. */
function verifySelections(scope: SelectionScope, resolving: Resolving): void {
  const { jobs, schedules, selections } = resolving.definitions;
  const later: SelectionScope = { ...scope, statusOf: () => [] };
  for (const { value, place } of [...jobs.values(), ...schedules.values(), ...selections.values()] as {
    value: Partial<Job & Schedule>;
    place: Place;
  }[]) {
    if (value.selection === undefined) continue;
    verifySelection(value.selection, below(place, 'selection'), later, resolving);
  }
  const { project } = resolving.definitions;
  const built = project?.value.environments?.production?.build_on_push;
  if (project === undefined || built === undefined) return;
  const pointer = ['environments', 'production', 'build_on_push'];
  // What `changed:` selects is different for each push.
  verifySelection(built, { document: project, pointer }, { ...later, changedOf: () => ['new'] }, resolving);
}

function ownChecks(drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): Check[] {
  const checks: Check[] = [];
  for (const draft of drafts.values()) {
    for (const [name, written] of Object.entries(draft.checks)) {
      const check = resolveCheck(
        { name, draft, written, place: below(draft.place, 'checks', name) },
        drafts,
        resolving,
      );
      if (check !== undefined) checks.push(check);
    }
    const contract = contractCheck(draft);
    if (contract !== undefined) checks.push(contract);
  }
  return checks;
}

/** Checks of each asset by name. Reports a name that two definitions give to checks of one asset. */
function checksByAsset(checks: readonly Check[], { findings }: Resolving): ReadonlyMap<AssetKey, readonly Check[]> {
  const byAsset = new Map<AssetKey, Map<string, Check>>();
  for (const check of checks) {
    const names = byAsset.get(check.asset) ?? new Map<string, Check>();
    byAsset.set(check.asset, names);
    const first = names.get(check.name.toLowerCase());
    if (first === undefined) names.set(check.name.toLowerCase(), check);
    else {
      findings.error('duplicate-definition', check.definedAt, `\`${check.asset}\` has two checks \`${check.name}\``, {
        help: 'rename one of them',
        related: [{ span: { ...first.definedAt }, note: 'first defined here' }],
      });
    }
  }
  return new Map([...byAsset].map(([key, names]) => [key, [...names.values()].sort((a, b) => byText(a.name, b.name))]));
}
