import { sortedUnique } from '../base/order.ts';
import type { AssetKey, StepDef } from '../model/project.ts';
import { type PipesContext, type PipesPartition, pipesVariables } from './pipes.ts';
import { envNamesIn, type Variables } from './secrets.ts';

/** Absolute paths of the files through which one step speaks to the engine; private to it. */
export interface StepFiles {
  readonly branchlineOutput: string;
  readonly pipesMessages: string;
  readonly githubOutput: string;
  readonly githubEnv: string;
  readonly githubPath: string;
  readonly githubState: string;
  readonly githubStepSummary: string;
}

export interface StepEnvironmentInput {
  readonly host: Variables;
  /** All that is secret (`secretNames`). */
  readonly secretNames: readonly string[];
  /** Its name, templates of its own `env`, and the secrets that it lists. */
  readonly step: Pick<StepDef, 'name' | 'env' | 'secrets' | 'oidc'>;
  /** `env` of project, environment and step with every expression evaluated, nearest last. */
  readonly env: readonly Readonly<Record<string, string>>[];
  /** The assets asked for. */
  readonly assets: readonly AssetKey[];
  readonly runId: string;
  /** From 1. */
  readonly attempt: number;
  readonly environment: string;
  readonly job?: string;
  /** `--full-refresh`: an incremental step starts empty. */
  readonly fullRefresh?: boolean;
  readonly codeVersions: Readonly<Record<AssetKey, string>>;
  /** Variables that say which partitions are wanted, and the same for a Dagster Pipes client. */
  readonly partition?: { readonly variables: Readonly<Record<string, string>>; readonly pipes: PipesPartition };
  readonly files: StepFiles;
}

export interface StepEnvironment {
  readonly env: Readonly<Record<string, string>>;
  /** Names of the secrets that the step got, sorted. */
  readonly secretsHandedIn: readonly string[];
}

/** The whole environment of a step: "What a step sees" in vocabulary.md. What is ours wins over the host's and the user's. */
export function stepEnvironment(input: StepEnvironmentInput): StepEnvironment {
  const secrets = new Set(input.secretNames);
  const listed = new Set([...input.step.secrets, ...Object.values(input.step.env).flatMap(envNamesIn)]);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(input.host)) {
    if (value === undefined) continue;
    if (name.startsWith(ID_TOKEN)) {
      if (input.step.oidc) env[name] = value;
      continue;
    }
    if (isEnginesOwn(name)) continue;
    if (!secrets.has(name) || listed.has(name)) env[name] = value;
  }
  const secretsHandedIn = sortedUnique([...listed].filter((name) => secrets.has(name) && name in env));
  return { env: Object.assign(env, ...input.env, ownVariables(input)), secretsHandedIn };
}

/** By these a step asks GitHub for OIDC tokens. */
const ID_TOKEN = 'ACTIONS_ID_TOKEN_';
const OWN_NAMES = new Set(['ACTIONS_RESULTS_URL', 'GITHUB_TOKEN']);
const OWN_PREFIXES = [
  'INPUT_',
  'STATE_',
  'ACTIONS_RUNTIME_',
  'ACTIONS_CACHE_',
  // Of a step that runs the engine itself: what was said to it is not meant for its own steps.
  'BRANCHLINE_',
  'DAGSTER_PIPES_',
];

/** Variables that are the Action's or the engine's own business: no step inherits them. */
function isEnginesOwn(name: string): boolean {
  return OWN_NAMES.has(name) || OWN_PREFIXES.some((prefix) => name.startsWith(prefix));
}

function ownVariables(input: StepEnvironmentInput): Record<string, string> {
  const { files } = input;
  const context: PipesContext = {
    assets: input.assets,
    codeVersions: input.codeVersions,
    runId: input.runId,
    job: input.job,
    retryNumber: input.attempt - 1,
    ...(input.partition ? { partition: input.partition.pipes } : {}),
  };
  return {
    ...pipesVariables(context, files.pipesMessages),
    GITHUB_OUTPUT: files.githubOutput,
    GITHUB_ENV: files.githubEnv,
    GITHUB_PATH: files.githubPath,
    GITHUB_STATE: files.githubState,
    GITHUB_STEP_SUMMARY: files.githubStepSummary,
    BRANCHLINE_ASSET: input.step.name,
    BRANCHLINE_ASSETS: JSON.stringify(input.assets),
    BRANCHLINE_RUN_ID: input.runId,
    BRANCHLINE_ATTEMPT: String(input.attempt),
    BRANCHLINE_ENVIRONMENT: input.environment,
    BRANCHLINE_QUERY_TAG: queryTag(input.step.name, input.runId),
    BRANCHLINE_OUTPUT: files.branchlineOutput,
    ...input.partition?.variables,
    ...(input.fullRefresh ? { BRANCHLINE_FULL_REFRESH: '1' } : {}),
  };
}

/** How a database names our queries (query tag, application name): step and run, so that a slow one is found again. */
export function queryTag(step: string, runId: string): string {
  return `branchline ${step} ${runId}`;
}
