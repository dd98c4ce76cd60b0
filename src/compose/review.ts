import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fetchCommitTree } from '../adapters/git-base-commit.ts';
import { locateRepository, privateFolder, projectFolder } from '../adapters/git-location.ts';
import { readZip } from '../adapters/zip-reader.ts';
import { type CommentStageEnd, commentOnRun, PLAN_FILE, planArtifactName } from '../app/comment-stage.ts';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import { type Review, type ReviewSubject, reviewPullRequest } from '../app/pull-request.ts';
import { readState } from '../app/state-reading.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Project } from '../model/project.ts';
import type { GitHub } from '../ports-github.ts';
import type { Artifacts } from '../ports-storage.ts';
import { planPrice } from '../render/plan-text.ts';
import { createRedactor } from '../run/redact.ts';
import { secretsToMask } from '../run/secrets.ts';
import type { OpenProject } from './open-project.ts';
import { openStore } from './open-store.ts';
import { codeCommit } from './surroundings.ts';

/** A job of a workflow that looks at a pull request, or at what a merge queue is about to merge. */
export interface ReviewJob {
  /** The checked out head. */
  readonly opened: OpenProject;
  readonly github: GitHub;
  readonly artifacts: Artifacts;
  /** Absolute: a folder for files of this job. */
  readonly temp: string;
  /** Of the workflow run, from 1. */
  readonly attempt: number;
  readonly subject: ReviewSubject;
  /** Web address of the repository, without a slash at its end. */
  readonly repository: string;
  /** False: no comment, neither here nor by the second workflow. */
  readonly comment: boolean;
  readonly failOn: 'error' | 'warning' | 'never';
  /** Where production runs, for the price; absent = no price is said. */
  readonly runner?: Parameters<typeof planPrice>[0];
}

/** Looks at a pull request in a job: `.env` and the stores of data are not opened, and nothing of the project is executed. */
export async function reviewInJob(job: ReviewJob): Promise<Result<Review, AppFailure>> {
  const { opened, github, subject, repository, comment, failOn, runner } = job;
  const { root, tree, loaded, surroundings } = opened;
  const { token, gitEnv: env = surroundings.env } = surroundings;
  const known = loaded.project ?? loaded.readable;
  const location = await locateRepository(root, known?.state.remote ?? 'origin', env);
  if (!location.ok) return fail(inputFailure(location.error.code, location.error.message));
  const head = subject.kind === 'commit' ? subject.head : subject.pullRequest.head.commit;
  const checkedOut = await codeCommit(root, env);
  if (checkedOut !== undefined && checkedOut.commit !== head) return fail(notTheHead(checkedOut.commit, head));
  const name = known?.name ?? 'project';
  const folder =
    surroundings.privateFolder === undefined
      ? privateFolder(location.value.commonDir, name)
      : projectFolder(surroundings.privateFolder, name);
  const redactor = createRedactor(known === undefined ? [] : jobSecrets(known, opened));
  const usdPerMinute = runner && known ? planPrice(runner, known.prices).usdPerMinute : undefined;
  return reviewPullRequest(
    {
      github,
      tree,
      loaded,
      openCommit: (commit) =>
        fetchCommitTree({
          projectRoot: root,
          location: location.value,
          commit,
          beside: tree,
          privateFolder: folder,
          env,
          ...(token === undefined ? {} : { token }),
        }),
      readState: async (project) => {
        const store = await openStore(opened, project, 'production', location.value);
        if (!store.ok) return store;
        const { clock } = opened;
        const state = await readState({
          store: store.value,
          environment: 'production',
          projectName: project.name,
          clock,
        });
        return state.ok ? ok(state.value.read.view) : state;
      },
      upload: (plan) => uploadPlan(job, plan),
      redact: (text) => redactor.text(text),
    },
    subject,
    {
      repository,
      comment,
      failOn,
      parallel: known?.maxParallel ?? Math.max(2, availableParallelism()),
      ...(usdPerMinute === undefined ? {} : { usdPerMinute }),
    },
  );
}

/** What GitHub checks out by itself for a pull request is the merge with its base, which holds what others changed. */
function notTheHead(commit: string, head: string): AppFailure {
  return inputFailure(
    'not-the-head',
    `The commit ${commit.slice(0, 7)} is checked out, and the head of the pull request is ${head.slice(0, 7)}.`,
    'Give actions/checkout the head: `with: { ref: "${{ github.event.pull_request.head.sha || github.sha }}" }`.',
  );
}

/** What must not be shown: by the project's word, by the names of variables, and by what the workflow says. */
function jobSecrets(project: Project, { surroundings }: OpenProject): ReturnType<typeof secretsToMask> {
  const { env, secretEnv } = surroundings;
  return secretsToMask({ ...project, secrets: [...project.secrets, ...secretEnv] }, env);
}

/** The plan as an artifact of this attempt, for the second workflow. */
async function uploadPlan({ artifacts, temp, attempt }: ReviewJob, plan: string): Promise<Result<void, string>> {
  const { project } = JSON.parse(plan) as { readonly project: string };
  const folder = join(temp, `branchline-pr-plan-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(join(folder, PLAN_FILE), plan);
    const uploaded = await artifacts.upload({
      name: planArtifactName(project, attempt),
      folder,
      files: [PLAN_FILE],
      retentionDays: 7,
    });
    return uploaded.ok ? ok(undefined) : fail(uploaded.error.message);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The second stage in its job: nothing is checked out, and what was uploaded is data of a stranger. */
export function commentInJob(
  github: GitHub,
  request: { readonly run: number; readonly repository: string },
): Promise<Result<CommentStageEnd, AppFailure>> {
  return commentOnRun({ github, unzip: readZip }, request);
}
