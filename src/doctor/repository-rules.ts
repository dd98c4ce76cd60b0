import type { EpochMs } from '../model/instant.ts';
import type {
  GitHubEnvironment,
  GitHubRefusal,
  RepositoryFacts,
  TokenDefaults,
  WorkflowFile,
} from '../ports-github.ts';
import { formatInstant } from '../time/format.ts';
import type { Finding, NotSeen } from './finding.ts';
import type { OurJob } from './workflow-parts.ts';

/** An answer of GitHub, or why there is none. */
export type Seen<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: GitHubRefusal };

/** What GitHub says of the repository. */
export interface RepositorySeen {
  readonly facts: Seen<RepositoryFacts>;
  /** By name: each that a job uses. */
  readonly environments: ReadonlyMap<string, Seen<GitHubEnvironment>>;
  /** By path: each workflow that calls the Action. */
  readonly workflows: ReadonlyMap<string, Seen<WorkflowFile>>;
  readonly tokenDefaults: Seen<TokenDefaults>;
}

export interface RepositoryVerdict {
  readonly findings: readonly Finding[];
  readonly notSeen: readonly NotSeen[];
}

const DAY_MS = 86_400_000;
/** GitHub switches schedules off after 60 days without activity; two weeks before is early enough. */
const QUIET_DAYS = 46;
const OFF_DAYS = 60;

/** What settings of the repository do to the jobs that call the Action. */
export function judgeRepository(
  seen: RepositorySeen,
  jobs: readonly OurJob[],
  options: { readonly now: EpochMs; readonly branches: readonly string[] | undefined; readonly isCached: boolean },
): RepositoryVerdict {
  const { now, branches, isCached } = options;
  const findings: Finding[] = [];
  const notSeen: NotSeen[] = [];
  const look = <T>(what: string, answer: Seen<T>, judge: (value: T) => readonly Finding[]): void => {
    if (answer.ok) findings.push(...judge(answer.value));
    else notSeen.push({ what, why: whyNot(answer.error) });
  };
  look('the repository', seen.facts, (facts) => [...quiet(facts, jobs, now), ...readable(facts, jobs, isCached)]);
  const wanted = branches ?? (seen.facts.ok ? [seen.facts.value.defaultBranch] : undefined);
  for (const [name, answer] of seen.environments) {
    const using = jobs.filter((job) => environmentOf(job) === name);
    if (!answer.ok && answer.error.code === 'not-found') findings.push(...using.map((job) => noEnvironment(name, job)));
    else look(`the environment ${name}`, answer, (found) => using.flatMap((job) => environment(found, job, wanted)));
  }
  for (const [path, answer] of seen.workflows) {
    const job = jobs.find(({ workflow }) => workflow.path === path);
    // Before it is pushed GitHub does not know it, and that is no mistake.
    if (!answer.ok && answer.error.code === 'not-found') notSeen.push({ what: path, why: 'it is not on GitHub yet' });
    else look(path, answer, (file) => (job ? switchedOff(file, job) : []));
  }
  // A workflow's token never may read this setting: nothing is lost by not knowing it, all our jobs say what they need.
  if (seen.tokenDefaults.ok && seen.tokenDefaults.value.permissions === 'write') findings.push(wideDefault());
  return { findings, notSeen };
}

/** Name of the GitHub environment of a job. */
export function environmentOf(job: OurJob): string | undefined {
  const { environment: written } = job.value;
  const name = typeof written === 'object' && written !== null ? (written as { name?: unknown }).name : written;
  return typeof name === 'string' && !name.includes('${{') ? name : undefined;
}

function whyNot(refusal: GitHubRefusal): string {
  const permission = refusal.code === 'forbidden' ? refusal.permission : undefined;
  return permission === undefined ? refusal.message : `the token lacks \`${permission}\``;
}

function quiet({ visibility, pushedAt }: RepositoryFacts, jobs: readonly OurJob[], now: EpochMs): Finding[] {
  const rung = jobs.find(({ events }) => events.includes('schedule'));
  if (visibility !== 'public' || pushedAt === undefined || rung === undefined) return [];
  const days = Math.floor((now - pushedAt) / DAY_MS);
  if (days < QUIET_DAYS) return [];
  return [
    {
      code: 'schedules-stop',
      severity: 'warning',
      message: `the last push was on ${formatInstant(pushedAt).slice(0, 10)}, ${days} days ago: after ${OFF_DAYS} days without activity GitHub switches the schedules of a public repository off`,
      help: 'push something, or ring from outside (docs/github.md, heartbeat)',
      span: rung.workflow.place(['on', 'schedule'], 'key'),
    },
  ];
}

function readable({ visibility }: RepositoryFacts, jobs: readonly OurJob[], isCached: boolean): Finding[] {
  if (visibility !== 'public' || !isCached) return [];
  return jobs
    .filter(({ kind, action }) => kind === 'run' && action.env['BRANCHLINE_STORAGE_KEY'] === undefined)
    .map((job) => ({
      code: 'storage-readable',
      severity: 'warning',
      message:
        'outputs are kept in the Actions cache, and in a public repository everybody who can open a pull request can read it',
      help: 'below `env:` of this step: `BRANCHLINE_STORAGE_KEY: ${{ secrets.BRANCHLINE_STORAGE_KEY }}`, and a long random text as that secret',
      span: job.workflow.place([...job.action.path, 'uses']),
    }));
}

function noEnvironment(name: string, job: OurJob): Finding {
  return {
    code: 'environment-missing',
    severity: 'warning',
    message: `there is no environment \`${name}\`: GitHub makes an empty one at the first run, open to every branch. Private repositories of the Free plan cannot have one: there, whoever may push a branch can read every secret, so builds of pull requests are not safe`,
    help: `make it under Settings > Environments, with deployment branches and its secrets; without environments, take \`environment:\` out`,
    span: job.workflow.place([...job.path, 'environment']),
  };
}

function environment(found: GitHubEnvironment, job: OurJob, branches: readonly string[] | undefined): Finding[] {
  if (job.kind !== 'run') return [];
  const span = job.workflow.place([...job.path, 'environment']);
  const findings: Finding[] = [];
  if (found.reviewers.length > 0)
    findings.push({
      code: 'environment-waits',
      severity: 'error',
      message: `each job of the environment \`${found.name}\` waits for ${found.reviewers.join(' or ')} to approve it, so every ring does`,
      help: 'take the required reviewers out (Settings > Environments); deployment branches keep others from using it',
      span,
    });
  if (found.waitMinutes > 0)
    findings.push({
      code: 'environment-waits',
      severity: 'warning',
      message: `each job of the environment \`${found.name}\` waits ${found.waitMinutes} min before it starts`,
      help: 'set the wait timer to 0 (Settings > Environments)',
      span,
    });
  if (found.branches.kind === 'any')
    findings.push({
      code: 'environment-open',
      severity: 'warning',
      message: `every branch may use the environment \`${found.name}\`: whoever may push a branch can read its secrets`,
      help: 'Settings > Environments > deployment branches: selected, the default branch alone',
      span,
    });
  const patterns = found.branches.kind === 'selected' ? found.branches.patterns : undefined;
  for (const branch of branches ?? [])
    if (patterns && !patterns.some((pattern) => matches(pattern, branch)))
      findings.push({
        code: 'environment-closed',
        severity: 'error',
        message: `the branch \`${branch}\` may not use the environment \`${found.name}\`, so the job never starts there`,
        help: `Settings > Environments > deployment branches: add \`${branch}\``,
        span,
      });
  return findings;
}

/** A branch pattern of GitHub: \`*\` does not cross a slash, \`**\` does. */
function matches(pattern: string, branch: string): boolean {
  const source = pattern
    .split(/(\*\*|\*|\?)/)
    .map((part) =>
      part === '**' ? '.*' : part === '*' ? '[^/]*' : part === '?' ? '[^/]' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}$`).test(branch);
}

function switchedOff(file: WorkflowFile, job: OurJob): Finding[] {
  if (file.state === 'active') return [];
  const why: Readonly<Record<Exclude<WorkflowFile['state'], 'active'>, string>> = {
    deleted: 'GitHub has it as deleted',
    disabled_fork: 'it is off, as all workflows of a fork are until somebody switches them on',
    disabled_inactivity: 'GitHub has switched it off after 60 days without activity',
    disabled_manually: 'somebody has switched it off',
  };
  return [
    {
      code: 'workflow-off',
      severity: 'error',
      message: `nothing starts this workflow: ${why[file.state]}`,
      help: `Actions > ${file.name} > Enable workflow, or \`gh workflow enable ${file.path.split('/').at(-1)}\``,
      span: job.workflow.place(['on'], 'key'),
    },
  ];
}

function wideDefault(): Finding {
  return {
    code: 'permission-too-wide',
    severity: 'warning',
    message: 'a workflow that says nothing of permissions gets a token that may write everything',
    help: 'Settings > Actions > General > Workflow permissions: read',
  };
}
