import type { Result } from '../base/result.ts';
import { examineWorkflows } from '../doctor/examine.ts';
import type { Finding, NotSeen } from '../doctor/finding.ts';
import { environmentOf, judgeRepository, type RepositorySeen } from '../doctor/repository-rules.ts';
import type { OurJob } from '../doctor/workflow-parts.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { limitHints } from '../plan/limits.ts';
import type { GitHub } from '../ports-github.ts';
import { limitMeaning, limitSetting, limitSubject, limitText } from '../render/limits-text.ts';
import { isSecretName, secretNames } from '../run/secrets.ts';
import { formatDuration } from '../time/format.ts';
import type { AppFailure } from './failure.ts';
import type { NewerArchive } from './missing-events.ts';
import { archiveAdvice, missingText } from './newer-archives.ts';
import { hasStartTimeout, isCached, longestRun, neededVariables, rungSchedules, usesOidc } from './workflow-values.ts';

/** How git and the databases stand on this machine. */
export interface MachineFacts {
  /** Why the repository cannot be used; undefined = it can. */
  readonly git?: { readonly message: string };
  /** Branches that are named like a folder of our refs, here or at the remote. */
  readonly inTheWay: readonly string[];
  /** What a plain fetch brings along that nobody asked for: remote-tracking branches of the state. */
  readonly carriedRefs: number;
  /** Remote that they come from. */
  readonly remote: string;
  /** Branches of data that cannot be pushed from here, because the machine has no git, or an old one. */
  readonly unpushedBranches: readonly string[];
  /** Drivers that the project needs and that cannot be had, with what was said. */
  readonly missingEngines: readonly string[];
}

export interface DoctorInput {
  /** Text of every workflow file, by path. */
  readonly workflows: ReadonlyMap<string, string>;
  /** Folder of the project in the repository; `''` = its top. */
  readonly folder: string;
  readonly isItsRepository: boolean;
  readonly version: string;
  /** `owner/name` that the remote is of, as far as that is known. */
  readonly repository?: string;
  readonly now: EpochMs;
  /** Undefined = the manifests have mistakes. */
  readonly project?: Project;
  readonly machine: MachineFacts;
  /** Undefined = there is no token, or no repository on GitHub; `why` says which. */
  readonly github?: DoctorGitHub;
  readonly whyNoGitHub: string;
  /** The state of production; absent = it was not read, `whyNoState` or `unreadable` says why unless there is nothing to say. */
  readonly view?: StateView;
  readonly whyNoState?: string;
  /** It is there, and is not what this version can go on with. */
  readonly unreadable?: AppFailure;
  /** Archives that hold what its head lacks; a failure = nobody can tell. */
  readonly newer?: Result<readonly NewerArchive[], AppFailure>;
}

/** What the doctor asks GitHub. */
export type DoctorGitHub = Pick<GitHub, 'repositoryFacts' | 'environment' | 'workflowFile' | 'tokenDefaults'>;

export interface Examination {
  /** Those with a place first, in its order; then settings and the machine. */
  readonly findings: readonly Finding[];
  readonly notSeen: readonly NotSeen[];
}

function branchesOf(project: Project | undefined): { readonly branches?: readonly string[] } {
  const branches = project?.environments['production']?.branches;
  return branches === undefined ? {} : { branches };
}

/** Everything that is wrong with how a project is set up: its workflows, this machine, and, with a token, its repository. */
export async function examine(input: DoctorInput): Promise<Examination> {
  const { project, machine, now } = input;
  const masked = project ? new Set(secretNames(project, {})) : undefined;
  const { findings, jobs } = examineWorkflows({
    files: input.workflows,
    folder: input.folder,
    isItsRepository: input.isItsRepository,
    version: input.version,
    place: {
      ...(input.repository === undefined ? {} : { repository: input.repository }),
      ...branchesOf(project),
    },
    now,
    ...(project && masked
      ? {
          project: {
            schedules: rungSchedules(project),
            hasAutomation: Object.values(project.assets).some(({ automation }) => automation !== undefined),
            usesOidc: usesOidc(project),
            hasStartTimeout: hasStartTimeout(project),
            ...longestRun(project),
            needed: { ...neededVariables(project), isMasked: (name: string) => masked.has(name) || isSecretName(name) },
          },
        }
      : {}),
  });
  const repository = input.github
    ? judgeRepository(await askGitHub(input.github, jobs), jobs, {
        now,
        branches: project?.environments['production']?.branches,
        isCached: project !== undefined && isCached(project),
      })
    : { findings: [], notSeen: [{ what: 'the settings of the repository on GitHub', why: input.whyNoGitHub }] };
  return {
    findings: [
      ...findings,
      ...repository.findings,
      ...stateFindings(input),
      ...limitFindings(input),
      ...machineFindings(machine),
      ...manifests(project),
    ],
    notSeen: [
      ...repository.notSeen,
      ...(input.whyNoState === undefined
        ? []
        : [{ what: 'the state of production, and how long its runs take', why: input.whyNoState }]),
      ...(input.newer === undefined || input.newer.ok
        ? []
        : [{ what: 'whether the state of production was forced back', why: input.newer.error.message }]),
    ],
  };
}

async function askGitHub(github: DoctorGitHub, jobs: readonly OurJob[]): Promise<RepositorySeen> {
  const names = [...new Set(jobs.flatMap((job) => environmentOf(job) ?? []))];
  const paths = [...new Set(jobs.map(({ workflow }) => workflow.path))];
  const [facts, tokenDefaults, environments, workflows] = await Promise.all([
    github.repositoryFacts(),
    github.tokenDefaults(),
    Promise.all(names.map(async (name) => [name, await github.environment(name)] as const)),
    Promise.all(paths.map(async (path) => [path, await github.workflowFile(path.split('/').at(-1)!)] as const)),
  ]);
  return { facts, tokenDefaults, environments: new Map(environments), workflows: new Map(workflows) };
}

/** What keeps the next tick from going on with the state of production, or would make it forget. */
function stateFindings({ unreadable, newer }: DoctorInput): Finding[] {
  if (unreadable)
    return [
      {
        code: 'state-unreadable',
        severity: 'error',
        message: unreadable.message,
        help: unreadable.help ?? 'see docs/troubleshooting.md',
      },
    ];
  return (newer?.ok ? newer.value : []).map(({ archive, missing }) => ({
    code: 'state-forced-back',
    severity: 'warning',
    message: missingText(archive, missing),
    help: archiveAdvice(archive, 'production'),
  }));
}

/** Limits of time that do not fit what history says. */
function limitFindings({ project, view }: DoctorInput): Finding[] {
  if (!project || !view) return [];
  return limitHints(project, view).map((hint): Finding => {
    const { verdict, span } = hint;
    const setting = limitSetting(hint);
    return {
      code: `limit-${verdict}`,
      severity: 'warning',
      message: `${limitSubject(hint)}: ${limitText(hint)} (\`${setting}\`), so that ${limitMeaning(hint)}`,
      help:
        verdict === 'tight'
          ? 'raise it, or make the work shorter'
          : `lower it to about twice the p99: ${formatDuration(2 * hint.p99Ms)}`,
      ...(span ? { span } : {}),
    };
  });
}

function manifests(project: Project | undefined): Finding[] {
  if (project) return [];
  return [
    {
      code: 'manifests-broken',
      severity: 'error',
      message: 'the manifests have mistakes, so what they need of a workflow is not known',
      help: '`branchline check` shows each with its place',
    },
  ];
}

function machineFindings({
  git,
  inTheWay,
  carriedRefs,
  remote,
  unpushedBranches,
  missingEngines,
}: MachineFacts): Finding[] {
  return [
    ...(git
      ? [{ code: 'git', severity: 'error', message: git.message, help: 'see docs/troubleshooting.md' } as const]
      : []),
    ...inTheWay.map(
      (branch): Finding => ({
        code: 'branch-in-the-way',
        severity: 'error',
        message: `there is a branch \`${branch}\`, and git cannot keep \`${branch}/…\` beside it: the state cannot be pushed`,
        help: `rename the branch, or set \`state: { branch: … }\` in branchline.yaml to a name that does not begin with \`${branch}/\``,
      }),
    ),
    ...(carriedRefs === 0
      ? []
      : [
          {
            code: 'clone-carries-state',
            severity: 'warning',
            message: `each fetch of this clone brings the history of ${carriedRefs} of our branches along, which grows with every run`,
            help: `\`git config --add remote.${remote}.fetch '^refs/heads/branchline/*'\`, then \`git branch --remotes --list '${remote}/branchline/*' | xargs git branch --remotes --delete\``,
          } as const,
        ]),
    ...unpushedBranches.map(
      (branch): Finding => ({
        code: 'storage-needs-git',
        severity: 'warning',
        message: `production keeps outputs on \`${branch}\`, which takes git 2.31 or newer, and this machine has none that is used: a step that makes such outputs in production fails here`,
        help: 'install git 2.31 or newer and leave `BRANCHLINE_GIT` away, or keep them elsewhere: `storage: { type: directory }` or `{ type: cache }`',
      }),
    ),
    ...missingEngines.map(
      (message): Finding => ({
        code: 'engine-missing',
        severity: 'error',
        message,
        help: 'a database of the project cannot be opened on this machine without it',
      }),
    ),
  ];
}
