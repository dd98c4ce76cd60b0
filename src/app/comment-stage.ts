import { fail, ok, type Result } from '../base/result.ts';
import type { PullRequestPlan } from '../model/pull-request-plan.ts';
import { isQuiet, PLAN_BYTES_MAX, readPullRequestPlan } from '../plan/changes/pull-request-plan.ts';
import type { GitHub, GitHubRefusal, PullRequest, RunArtifact, WorkflowRun } from '../ports-github.ts';
import { renderComment, renderQuietComment } from '../render/comment/comment.ts';
import { type AppFailure, outsideFailure } from './failure.ts';
import { type CommentOutcome, keepComment } from './keep-comment.ts';

/** Unpacks an archive of a stranger within limits, or says why not; never with words of the archive. */
export type Unzip = (
  archive: Uint8Array,
  limits: { readonly filesMax: number; readonly bytesMax: number; readonly ratioMax: number },
) => Result<ReadonlyMap<string, Uint8Array>, string>;

export interface CommentStagePorts {
  readonly github: GitHub;
  readonly unzip: Unzip;
}

/** One comment that was kept, or why there is none. */
export interface StagedComment {
  readonly project: string;
  readonly outcome: CommentOutcome;
}

export type CommentStageEnd =
  | { readonly kind: 'commented'; readonly pullRequest: number; readonly comments: readonly StagedComment[] }
  /** Nothing was written, and this is why. All of the words are ours. */
  | { readonly kind: 'stopped'; readonly code: CommentStop; readonly message: string };

export type CommentStop =
  | 'not-a-pull-request'
  | 'own-pull-request'
  | 'fork-gone'
  | 'no-pull-request'
  | 'several-pull-requests'
  | 'no-plan'
  | 'bad-archive'
  | 'bad-plan'
  | 'other-head';

/** The artifact that the first workflow uploads; two attempts and two projects have names of their own. */
export const PLAN_ARTIFACT = 'branchline-pr-plan';
/** The file in it. */
export const PLAN_FILE = 'branchline-pr-plan.json';

const ARCHIVE_BYTES_MAX = 1_000_000;
const RATIO_MAX = 200;
/** Projects of one repository that may comment on one pull request. */
const PROJECTS_MAX = 3;

/** The name of the plan's artifact, which no other attempt and no other project has. */
export function planArtifactName(project: string, attempt: number): string {
  return `${PLAN_ARTIFACT}-${project}-a${attempt}`;
}

/**
 * The second stage: comments on a pull request whose own workflow may not. It trusts nothing that the first one uploaded:
 * GitHub says which pull request it is and at which commit, the archive and the plan are read within limits, and whatever
 * does not fit ends it with a reason.
 */
export async function commentOnRun(
  { github, unzip }: CommentStagePorts,
  request: {
    /** Id of the first workflow's run. */
    readonly run: number;
    /** Web address of this repository, without a slash at its end. */
    readonly repository: string;
  },
): Promise<Result<CommentStageEnd, AppFailure>> {
  const { run, repository } = request;
  const workflowRun = await github.workflowRun(run);
  if (!workflowRun.ok) return fail(refused('The workflow run cannot be read', workflowRun.error));
  const found = await findPullRequest(github, workflowRun.value);
  if (!found.ok) return fail(refused('The pull request cannot be found', found.error));
  if ('kind' in found.value) return ok(found.value);
  const { number } = found.value;
  const listed = await github.artifacts(run);
  if (!listed.ok) return fail(refused('The uploaded plan cannot be found', listed.error));
  const artifacts = newestPlans(listed.value.items);
  if (artifacts.length === 0) {
    return ok(stopped('no-plan', `workflow run ${run} has uploaded no plan; its own log says why`));
  }
  const comments: StagedComment[] = [];
  for (const artifact of artifacts) {
    const plan = await readArtifact(github, unzip, artifact, workflowRun.value.headCommit);
    if (!plan.ok) return fail(refused('The uploaded plan cannot be downloaded', plan.error));
    if ('kind' in plan.value) return ok(plan.value);
    const kept = await keep(github, number, plan.value, { repository, commit: workflowRun.value.headCommit });
    if (!kept.ok) return fail(refused('The comment cannot be written', kept.error));
    comments.push({ project: plan.value.project, outcome: kept.value });
  }
  return ok({ kind: 'commented', pullRequest: number, comments });
}

type Stopped = Extract<CommentStageEnd, { kind: 'stopped' }>;

function stopped(code: CommentStop, message: string): Stopped {
  return { kind: 'stopped', code, message };
}

/** The open pull request whose head this run was made for, as GitHub knows it. */
async function findPullRequest(
  github: GitHub,
  run: WorkflowRun,
): Promise<Result<PullRequest | Stopped, GitHubRefusal>> {
  if (run.event !== 'pull_request') {
    return ok(stopped('not-a-pull-request', `workflow run ${run.id} was not started by a pull request`));
  }
  const { headRepository, headBranch, headCommit } = run;
  if (headRepository === null || headBranch === undefined) {
    return ok(stopped('fork-gone', 'the fork or its branch is gone, so the pull request cannot be told'));
  }
  const listed = await github.pullRequestsFrom(headRepository.split('/')[0] ?? '', headBranch);
  if (!listed.ok) return listed;
  const open = listed.value.filter(
    ({ state, head }) =>
      state === 'open' &&
      head.commit === headCommit &&
      head.branch === headBranch &&
      head.repository === headRepository,
  );
  if (open.length > 1) {
    return ok(
      stopped(
        'several-pull-requests',
        'several open pull requests have this head, and which one is meant cannot be told',
      ),
    );
  }
  const [one] = open;
  if (one === undefined) {
    return ok(
      stopped(
        'no-pull-request',
        `no open pull request has the head ${headCommit.slice(0, 7)}: it was closed, or pushed to since`,
      ),
    );
  }
  if (headRepository === github.repository && one.author !== 'dependabot[bot]') {
    return ok(stopped('own-pull-request', 'the workflow of a pull request of this repository comments itself'));
  }
  return ok(one);
}

/** The newest plan of each project; the names are strangers' words and are compared with ours only. */
function newestPlans(artifacts: readonly RunArtifact[]): readonly RunArtifact[] {
  const newest = new Map<string, { readonly attempt: number; readonly artifact: RunArtifact }>();
  for (const artifact of artifacts) {
    const [, project, attempt] = /^branchline-pr-plan-([a-z0-9_-]{1,200})-a([1-9]\d{0,4})$/.exec(artifact.name) ?? [];
    if (project === undefined || artifact.isExpired) continue;
    const known = newest.get(project);
    if (known === undefined || known.attempt < Number(attempt))
      newest.set(project, { attempt: Number(attempt), artifact });
  }
  return [...newest.values()].slice(0, PROJECTS_MAX).map(({ artifact }) => artifact);
}

async function readArtifact(
  github: GitHub,
  unzip: Unzip,
  artifact: RunArtifact,
  head: string,
): Promise<Result<PullRequestPlan | Stopped, GitHubRefusal>> {
  const downloaded = await github.downloadArtifact(artifact.id, ARCHIVE_BYTES_MAX);
  if (!downloaded.ok) {
    if (downloaded.error.code === 'too-large') {
      return ok(stopped('bad-archive', `the uploaded plan is larger than ${ARCHIVE_BYTES_MAX} bytes`));
    }
    return downloaded;
  }
  const files = unzip(downloaded.value, { filesMax: 1, bytesMax: PLAN_BYTES_MAX, ratioMax: RATIO_MAX });
  if (!files.ok) return ok(stopped('bad-archive', `the archive of the uploaded plan is refused: ${files.error}`));
  const bytes = files.value.get(PLAN_FILE);
  if (bytes === undefined) return ok(stopped('bad-archive', `the uploaded archive does not hold ${PLAN_FILE}`));
  const plan = readPullRequestPlan(new TextDecoder('utf-8').decode(bytes));
  if (!plan.ok) return ok(stopped('bad-plan', plan.error));
  if (plan.value.head !== head) {
    return ok(stopped('other-head', 'the uploaded plan is of another commit than the workflow run'));
  }
  return plan;
}

async function keep(
  github: GitHub,
  number: number,
  plan: PullRequestPlan,
  { repository, commit }: { readonly repository: string; readonly commit: string },
): Promise<Result<CommentOutcome, GitHubRefusal>> {
  const quiet = isQuiet(plan);
  const context = { repository, commit, isTrusted: false };
  const body = quiet ? renderQuietComment(plan.project, plan.base) : renderComment(plan, context);
  return keepComment(github, number, { project: plan.project, body, quiet });
}

function refused(what: string, refusal: GitHubRefusal): AppFailure {
  const line = refusal.code === 'forbidden' ? refusal.permission : undefined;
  return outsideFailure(
    `github-${refusal.code}`,
    `${what}: ${refusal.message}`,
    line === undefined ? undefined : `Add \`${line}\` under \`permissions:\` of the job.`,
  );
}
