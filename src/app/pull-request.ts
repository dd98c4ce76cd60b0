import { fail, ok, type Result } from '../base/result.ts';
import { expectedOf } from '../insights/expected.ts';
import { epochMs } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import type { Project } from '../model/project.ts';
import type { PullRequestPlan } from '../model/pull-request-plan.ts';
import type { StateView } from '../model/state.ts';
import { buildPullRequestPlan, isQuiet, touchedAssets } from '../plan/changes/pull-request-plan.ts';
import { leaveOutKeyless } from '../plan/keyless.ts';
import { openPartitionReader } from '../plan/partitioned.ts';
import type { SourceTree } from '../ports.ts';
import type { GitHub, GitHubRefusal } from '../ports-github.ts';
import { renderComment, renderQuietComment } from '../render/comment/comment.ts';
import { type Comparison, compareTrees } from './changes.ts';
import { type AppFailure, outsideFailure } from './failure.ts';
import { type CommentOutcome, keepComment } from './keep-comment.ts';
import { buildPlanning, keysAt, planRequest } from './planning.ts';
import type { LoadedProject } from './read-project.ts';
import { redactPlan } from './redact-plan.ts';

/** What is looked at: a pull request, or a commit against another one (a merge queue). */
export type ReviewSubject =
  | {
      readonly kind: 'pull-request';
      readonly pullRequest: {
        readonly number: number;
        /** Without a repository the fork is gone. */
        readonly head: { readonly commit: string; readonly branch: string; readonly repository?: string };
        readonly base: { readonly commit: string; readonly branch: string };
        readonly author?: string;
      };
    }
  | { readonly kind: 'commit'; readonly base: string; readonly head: string };

export interface ReviewPorts {
  readonly github: GitHub;
  /** The checked out head, and what was read of it. */
  readonly tree: SourceTree;
  readonly loaded: LoadedProject;
  /** The files of a commit, fetched for reading only. */
  readonly openCommit: (commit: string) => Promise<Result<SourceTree, string>>;
  /** Production's recorded state, read only. */
  readonly readState: (project: Project) => Promise<Result<StateView, AppFailure>>;
  /** Uploads the plan for the second workflow; says why not. */
  readonly upload: (plan: string) => Promise<Result<void, string>>;
  readonly redact: (text: string) => string;
}

export interface ReviewOptions {
  /** Web address of the repository, without a slash at its end. */
  readonly repository: string;
  /** False: no comment is written, here or by the second workflow. */
  readonly comment: boolean;
  readonly failOn: 'error' | 'warning' | 'never';
  /** Steps at once on the runners of production. */
  readonly parallel: number;
  /** Price of a runner's minute there; undefined = not known. */
  readonly usdPerMinute?: number;
}

/** What became of the comment. */
export type ReviewComment =
  | CommentOutcome
  /** This workflow may not write; the plan was uploaded, and the second one comments. */
  | {
      readonly kind: 'left-to-second-stage';
      /** The line that the job of a trusted pull request lacks under `permissions:`. */
      readonly permission?: string;
    }
  /** There is a newer head, whose own workflow comments. */
  | { readonly kind: 'outdated' }
  | { readonly kind: 'off' }
  | { readonly kind: 'failed'; readonly message: string };

export interface Review {
  readonly plan: PullRequestPlan;
  /** The comment's Markdown, for the summary of the job as well. */
  readonly body: string;
  readonly comment: ReviewComment;
  /** 0, or what `fail-on` makes of the findings: 2 for errors in the manifests, 1 for warnings. */
  readonly exit: 0 | 1 | 2;
}

/** Who opens pull requests whose workflows GitHub treats like those of a fork. */
const DEPENDABOT = 'dependabot[bot]';

/**
 * Looks at a pull request: what it changes against the merge base, and what production would run with it. Executes nothing
 * of it, reads no secret, and follows no link out of the repository. Keeps one comment, edited in place, or leaves that to
 * the second workflow.
 */
export async function reviewPullRequest(
  ports: ReviewPorts,
  subject: ReviewSubject,
  options: ReviewOptions,
): Promise<Result<Review, AppFailure>> {
  const { head, base } =
    subject.kind === 'commit'
      ? subject
      : { head: subject.pullRequest.head.commit, base: subject.pullRequest.base.commit };
  const compared = await ports.github.compare(base, head);
  if (!compared.ok) return fail(githubFailure('The merge base cannot be found', compared.error));
  const { mergeBase } = compared.value;
  const tree = await ports.openCommit(mergeBase);
  if (!tree.ok) {
    const message = `The merge base ${mergeBase.slice(0, 7)} cannot be read: ${tree.error}.`;
    return fail(outsideFailure('unreadable-base', message, 'The job needs `permissions: contents: read`.'));
  }
  const comparison = compareTrees(tree.value, ports.tree, ports.loaded);
  const plan = redactPlan(await planOf(ports, { comparison, head, base: mergeBase }, options), ports.redact);
  const isTrusted = subject.kind === 'commit' || isOwn(subject, ports.github.repository);
  const context = { repository: options.repository, commit: head, isTrusted };
  const quiet = isQuiet(plan);
  const body = quiet ? renderQuietComment(plan.project, mergeBase) : renderComment(plan, context);
  const comment =
    subject.kind === 'commit' || !options.comment
      ? ({ kind: 'off' } as const)
      : await writeComment(ports, { subject, isTrusted, plan, body, quiet });
  return ok({ plan, body, comment, exit: exitOf(plan, options.failOn) });
}

type PullRequestSubject = Extract<ReviewSubject, { kind: 'pull-request' }>;

/** Code of this repository, by somebody who may push to it. */
function isOwn({ pullRequest }: PullRequestSubject, repository: string): boolean {
  return pullRequest.head.repository === repository && pullRequest.author !== DEPENDABOT;
}

async function planOf(
  ports: ReviewPorts,
  at: { readonly comparison: Comparison; readonly head: string; readonly base: string },
  options: ReviewOptions,
): Promise<PullRequestPlan> {
  const { name, changes, baseProblems, isFirst } = at.comparison;
  const { project, diagnostics } = ports.loaded;
  const parts = {
    name,
    head: at.head,
    base: at.base,
    isFirst,
    baseProblems: baseProblems.length,
    diagnostics,
  };
  if (changes === undefined || project === undefined) return buildPullRequestPlan(parts);
  const touched = touchedAssets(changes);
  if (touched.length === 0) return buildPullRequestPlan({ ...parts, project, changes });
  const plan = await wouldRun(ports, project, new Set(touched));
  if (!plan.ok) return buildPullRequestPlan({ ...parts, project, changes, noPlan: plan.error });
  const expected = expectedOf(plan.value, options.parallel, options.usdPerMinute);
  return buildPullRequestPlan({
    ...parts,
    project,
    changes,
    plan: plan.value,
    ...(expected === undefined ? {} : { expected }),
  });
}

/** The plan of production as it stands, with the code of the head, for what was touched. */
async function wouldRun(
  ports: ReviewPorts,
  project: Project,
  selected: ReadonlySet<string>,
): Promise<Result<Plan, string>> {
  const state = await ports.readState(project);
  if (!state.ok) return fail(state.error.message);
  // What the state knows of is what production would see.
  const now = epochMs(state.value.at ?? '1970-01-01T00:00:00.000Z');
  const reader = openPartitionReader(project, state.value, keysAt(state.value, now));
  const { rest } = leaveOutKeyless(project, reader, selected);
  const plan = planRequest(buildPlanning(project, ports.tree), state.value, {
    request: {
      kind: 'cli',
      nonce: '',
      at: '1970-01-01T00:00:00.000Z',
      selection: '*',
      mode: 'stale',
      withUpstream: true,
      ignoreBlocking: false,
    },
    now,
    environment: 'production',
    // What has no partitions yet would not be made; where that is all, planning says so.
    selected: rest.size > 0 ? rest : selected,
    // Whether published data is still there would have to be asked of databases and stores, with their secrets.
    lost: new Map(),
  });
  return plan.ok ? plan : fail(plan.error.message);
}

interface ToComment {
  readonly subject: PullRequestSubject;
  readonly isTrusted: boolean;
  readonly plan: PullRequestPlan;
  readonly body: string;
  readonly quiet: boolean;
}

async function writeComment(ports: ReviewPorts, toComment: ToComment): Promise<ReviewComment> {
  const { subject, isTrusted, plan, body, quiet } = toComment;
  if (!isTrusted) return leave(ports, plan);
  const { number, head } = subject.pullRequest;
  const now = await ports.github.pullRequest(number);
  if (now.ok && now.value.head.commit !== head.commit) return { kind: 'outdated' };
  const kept = await keepComment(ports.github, number, { project: plan.project, body, quiet });
  if (kept.ok) return kept.value;
  // A token that may not write: the same as for a fork.
  if (kept.error.code === 'forbidden') return leave(ports, plan, kept.error);
  return { kind: 'failed', message: kept.error.message };
}

async function leave(
  { upload }: ReviewPorts,
  plan: PullRequestPlan,
  refusal?: Extract<GitHubRefusal, { code: 'forbidden' }>,
): Promise<ReviewComment> {
  const uploaded = await upload(`${JSON.stringify(plan)}\n`);
  if (uploaded.ok) {
    // Whatever was asked first: to comment it needs this one.
    return { kind: 'left-to-second-stage', ...(refusal === undefined ? {} : { permission: 'pull-requests: write' }) };
  }
  const why = refusal === undefined ? '' : `${refusal.message}; `;
  return { kind: 'failed', message: `${why}the plan could not be uploaded for the second workflow: ${uploaded.error}` };
}

function exitOf({ totals }: PullRequestPlan, failOn: ReviewOptions['failOn']): 0 | 1 | 2 {
  if (failOn === 'never') return 0;
  if (totals.errors > 0) return 2;
  return failOn === 'warning' && totals.warnings > 0 ? 1 : 0;
}

function githubFailure(what: string, refusal: GitHubRefusal): AppFailure {
  const line = refusal.code === 'forbidden' ? refusal.permission : undefined;
  return outsideFailure(
    `github-${refusal.code}`,
    `${what}: ${refusal.message}`,
    line === undefined ? undefined : `Add \`${line}\` under \`permissions:\` of the job.`,
  );
}
