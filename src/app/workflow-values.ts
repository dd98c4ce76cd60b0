import { sha256 } from '../base/digest.ts';
import { byText, sortedUnique } from '../base/order.ts';
import type { LongestRun } from '../doctor/time-rules.ts';
import { usdPerMinute } from '../insights/prices.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Project } from '../model/project.ts';
import type { Tags } from '../model/tags.ts';
import { automationRings } from '../project/automation-rings.ts';
import { envNamesOf } from '../project/template.ts';
import { envNamesUsed } from '../project/used-variables.ts';
import { CHECKOUT, type PinnedAction } from '../render/workflows/pinned-action.ts';
import type { ScheduledWorkflowValues } from '../render/workflows/scheduled.ts';
import { maxRuntimeOf } from '../run/monitor.ts';
import { isSecretName, secretNames } from '../run/secrets.ts';
import { type Cron, parseCron } from '../time/cron-syntax.ts';
import { type Doorbell, deriveDoorbell, type RungSchedule } from '../time/doorbell.ts';

/** What a workflow is written from, besides the project: where the repository is, and whose Action it calls. */
export interface WorkflowPlace {
  readonly action: PinnedAction;
  readonly version: string;
  /** `owner/name` on GitHub; absent = the remote is not there yet, or elsewhere. */
  readonly repository?: string;
  readonly defaultBranch: string;
  /** Folder of the project in the repository; absent = its top. */
  readonly folder?: string;
}

/** The machine that the written workflow asks for. */
const RUNNER = 'ubuntu-latest';
/** Set by the runner or by us on every machine: nothing to hand over. */
const GIVEN = /^(?:GITHUB_|RUNNER_|ACTIONS_|BRANCHLINE_|INPUT_)|^(?:CI|HOME|PATH|USER|SHELL|LANG|TMPDIR|PWD)$/;

/** What the workflow of a project says: when it rings, and which variables it hands over. */
export function workflowValues(
  project: Project,
  place: WorkflowPlace,
  now: EpochMs,
): ScheduledWorkflowValues & { readonly tooOften: readonly string[] } {
  const { crons, ringsAMonth, tooOften } = doorbellOf(project, now);
  const price = usdPerMinute({ runner: RUNNER }, project.prices);
  const declared = project.environments['production']?.branches;
  return {
    action: place.action,
    checkout: CHECKOUT,
    version: place.version,
    ...(place.repository === undefined ? {} : { repository: place.repository }),
    branches: declared && declared.length > 0 ? declared : [place.defaultBranch],
    ...(place.folder === undefined ? {} : { project: place.folder }),
    crons,
    ringsAMonth,
    ...(price === undefined ? {} : { usdPerMinute: price }),
    isScheduled: isWoken(project),
    ...neededVariables(project),
    usesOidc: usesOidc(project),
    isCached: isCached(project),
    tooOften,
  };
}

/** Somebody comes again, by a schedule or for what is made by itself. */
export function isWoken({ schedules, assets }: Pick<Project, 'schedules' | 'assets'>): boolean {
  return Object.keys(schedules).length > 0 || Object.values(assets).some(({ automation }) => automation !== undefined);
}

/** On a hosted runner the cache is where outputs are kept, unless the project names another place. */
export function isCached(project: Project): boolean {
  return (project.storage?.type ?? 'cache') === 'cache';
}

/** Does a step, or a job for its steps, ask GitHub for OIDC tokens? Then the workflow's job needs the right to give them. */
export function usesOidc(project: Project): boolean {
  return [...Object.values(project.steps), ...Object.values(project.jobs)].some(({ oidc }) => oidc === true);
}

/** Do runs fail whose jobs no machine begins for long? */
export function hasStartTimeout({ operations: { monitoring } }: Pick<Project, 'operations'>): boolean {
  return monitoring.enabled && monitoring.startTimeoutMs !== undefined;
}

/** The longest that a run of the project may be at work, with what says so; `{}` = nothing limits any run. */
export function longestRun({ operations, jobs, schedules, assets, steps, runners }: Project): {
  readonly longestRun?: LongestRun;
} {
  const unmonitored = { ...operations.monitoring, enabled: false };
  const named = (kind: string, things: Readonly<Record<string, { readonly tags: Tags }>>) =>
    Object.entries(things).map(([name, { tags }]) => ({
      ms: maxRuntimeOf(unmonitored, tags),
      where: `the tag \`branchline/max_runtime\` of ${kind} \`${name}\``,
    }));
  const limits = [
    { ms: maxRuntimeOf(operations.monitoring, {}), where: '`run_monitoring.max_runtime_seconds`' },
    ...named('job', jobs),
    ...named('schedule', schedules),
    ...named('asset', assets),
  ].flatMap(({ ms, where }) => (ms === undefined ? [] : [{ ms, where }]));
  const [longest] = limits.sort((a, b) => b.ms - a.ms);
  if (longest === undefined) return {};
  const used = new Set(Object.values(steps).map(({ runner }) => runner));
  const machines = [...used].map((name) => (name === undefined ? undefined : (runners[name]?.runsOn ?? [])));
  return { longestRun: { ...longest, machines } };
}

/** The rules of cron that ring for the schedules of a project. */
export function doorbellOf(project: Project, now: EpochMs): Doorbell {
  return deriveDoorbell(rungSchedules(project), now, Number.parseInt(sha256(project.name).slice(0, 1), 16) % 4);
}

/** Schedules as the doorbell sees them, and what assets need that are made by themselves. */
export function rungSchedules(project: Project): RungSchedule[] {
  const read = (crons: readonly string[]): Cron[] =>
    crons.flatMap((text) => {
      const parsed = parseCron(text);
      return parsed.ok ? [parsed.value] : [];
    });
  return [
    ...Object.values(project.schedules)
      .sort((a, b) => byText(a.name, b.name))
      .map(({ name, crons, timezone }) => ({ name, timezone, crons: read(crons) })),
    ...automationRings(project).map(({ cron, ...ring }) => ({
      ...ring,
      isAutomation: true as const,
      crons: read([cron]),
    })),
  ];
}

/** Variables that must come from the machine: those that the project reads and does not set itself, secrets apart. */
export function neededVariables(project: Project): {
  readonly secrets: readonly string[];
  readonly variables: readonly string[];
} {
  const secret = new Set(secretNames(project, {}));
  const names = sortedUnique([...secret, ...envNamesUsed(project)]).filter(
    (name) => !GIVEN.test(name) && !isSetBy(project, name),
  );
  const isSecret = (name: string): boolean => secret.has(name) || isSecretName(name);
  return { secrets: names.filter(isSecret), variables: names.filter((name) => !isSecret(name)) };
}

/** True when the project gives the variable a value of its own, and not the machine's. */
function isSetBy(project: Project, name: string): boolean {
  const layers = [project.env, project.environments['production']?.env ?? {}];
  return layers.some((env) => Object.hasOwn(env, name) && !envNamesOf(env[name]!).includes(name));
}
