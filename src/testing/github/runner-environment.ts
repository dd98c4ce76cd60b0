import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkflowEvent } from './events.ts';

/** What a job is to the runner. */
export interface RunnerJob {
  readonly event: WorkflowEvent;
  readonly run: number;
  readonly attempt: number;
  /** The key under `jobs`. */
  readonly job: string;
  readonly repository: string;
  readonly serverUrl: string;
  readonly apiUrl: string;
  /** `github.token`. */
  readonly token: string;
  /** Absent: a server without these services. */
  readonly results?: { readonly url: string; readonly runtimeToken: string };
  /** Absolute folders: the checkout, and one for all else. */
  readonly workspace: string;
  readonly temp: string;
  readonly runnerName?: string;
  readonly isSelfHosted?: boolean;
  readonly workflow?: string;
}

/** All that a runner sets for a step, and nothing of this process but where programs are. */
export function runnerVariables(job: RunnerJob): Record<string, string | undefined> {
  const { event, repository, results } = job;
  const eventFile = path.join(job.temp, '_github_workflow', 'event.json');
  const home = path.join(job.temp, '..', 'home');
  for (const folder of [path.dirname(eventFile), home]) mkdirSync(folder, { recursive: true });
  writeFileSync(eventFile, JSON.stringify(event.payload));
  const workflow = job.workflow ?? 'branchline';
  const isBranch = event.ref.startsWith('refs/heads/');
  return {
    PATH: process.env['PATH'],
    HOME: home,
    LANG: 'C.UTF-8',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__acme_branchline',
    GITHUB_ACTION_REF: 'v1',
    GITHUB_ACTION_REPOSITORY: 'acme/branchline',
    GITHUB_ACTOR: event.actor,
    GITHUB_ACTOR_ID: '5',
    GITHUB_TRIGGERING_ACTOR: event.actor,
    GITHUB_API_URL: job.apiUrl,
    GITHUB_GRAPHQL_URL: `${job.apiUrl}/graphql`,
    GITHUB_SERVER_URL: job.serverUrl,
    GITHUB_BASE_REF: event.baseRef ?? '',
    GITHUB_HEAD_REF: event.headRef ?? '',
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: eventFile,
    GITHUB_JOB: job.job,
    GITHUB_REF: event.ref,
    GITHUB_REF_NAME: event.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    GITHUB_REF_PROTECTED: 'false',
    GITHUB_REF_TYPE: isBranch || event.ref.startsWith('refs/pull/') ? 'branch' : 'tag',
    GITHUB_REPOSITORY: repository,
    GITHUB_REPOSITORY_ID: '1',
    GITHUB_REPOSITORY_OWNER: repository.split('/')[0],
    GITHUB_REPOSITORY_OWNER_ID: '2',
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: String(job.attempt),
    GITHUB_RUN_ID: String(job.run),
    GITHUB_RUN_NUMBER: String(job.run),
    GITHUB_SHA: event.sha,
    GITHUB_WORKFLOW: workflow,
    GITHUB_WORKFLOW_REF: `${repository}/.github/workflows/${workflow}.yml@${event.ref}`,
    GITHUB_WORKFLOW_SHA: event.sha,
    GITHUB_WORKSPACE: job.workspace,
    RUNNER_ARCH: 'X64',
    RUNNER_ENVIRONMENT: job.isSelfHosted === true ? 'self-hosted' : 'github-hosted',
    RUNNER_NAME: job.runnerName ?? 'GitHub Actions 7',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: job.temp,
    RUNNER_TOOL_CACHE: path.join(job.temp, '..', 'tools'),
    RUNNER_WORKSPACE: path.dirname(job.workspace),
    ...(results === undefined
      ? {}
      : {
          ACTIONS_RUNTIME_URL: results.url,
          ACTIONS_RESULTS_URL: results.url,
          ACTIONS_CACHE_URL: results.url,
          ACTIONS_CACHE_SERVICE_V2: 'True',
          ACTIONS_RUNTIME_TOKEN: results.runtimeToken,
        }),
  };
}
