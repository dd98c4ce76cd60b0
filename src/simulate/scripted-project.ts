import type { PlanningProject } from '../app/planning.ts';
import type { Asset, Check, Connection, Project, StepDef } from '../model/project.ts';

/** What a simulated process is asked to do: the text of its script. */
export type ScriptedWork =
  | { readonly kind: 'step'; readonly step: string }
  | { readonly kind: 'check'; readonly asset: string; readonly check: string };

/** The script that stands for a piece of work. */
export function scriptOf(work: ScriptedWork): string {
  return JSON.stringify(work);
}

export function workOf(script: string): ScriptedWork {
  return JSON.parse(script) as ScriptedWork;
}

/**
 * The project with nothing left in it that touches the world: every step and check is a script that the simulation
 * plays. What decides (dependencies, partitions, policies, limits, schedules, who writes to which database file) stays,
 * and code versions are those of the project itself, so that nothing is stale that is not.
 */
export function scriptedPlanning(planning: PlanningProject): PlanningProject {
  const { project } = planning;
  const scripted: Project = {
    ...project,
    env: {},
    environments: {},
    secrets: [],
    multiChecks: {},
    connections: mapValues(project.connections, withoutPlace),
    assets: mapValues(project.assets, scriptedAsset),
    steps: mapValues(project.steps, scriptedStep),
  };
  return { ...planning, project: scripted };
}

/**
 * The project once nobody is woken any more: nothing asks by itself, by a clock or a condition. What waits, is tried again
 * or is of a backfill goes on to its end, also by waves that start each other. A schedule that asks for more than there
 * is time for would otherwise ask for ever.
 */
export function onlyWhatIsAskedFor(planning: PlanningProject): PlanningProject {
  return { ...planning, automated: [], project: { ...planning.project, schedules: {} } };
}

function withoutPlace(connection: Connection, name: string): Connection {
  const { definedAt } = connection;
  return connection.type === 'duckdb'
    ? { type: 'duckdb', path: `${name}.duckdb`, extensions: [], definedAt }
    : { type: 'postgres', url: `postgres://simulated/${name}`, definedAt };
}

function scriptedAsset(asset: Asset): Asset {
  const { connection: _connection, relation: _relation, columns: _columns, storage: _storage, ...rest } = asset;
  return { ...rest, outputs: [], incremental: false, checks: asset.checks.map(scriptedCheck) };
}

function scriptedCheck(check: Check): Check {
  const { asset, name, description, severity, blocking, onError, definedAt } = check;
  const kind = { type: 'run', run: scriptOf({ kind: 'check', asset, check: name }), shell: 'bash' } as const;
  const said = description === undefined ? {} : { description };
  return { asset, name, ...said, severity, blocking, onError, definedAt, samples: 0, env: {}, secrets: [], kind };
}

function scriptedStep(step: StepDef): StepDef {
  const action = { kind: 'run', run: scriptOf({ kind: 'step', step: step.name }), shell: 'bash' } as const;
  return { ...step, action, env: {}, secrets: [], oidc: false };
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
