import type { Finding } from './finding.ts';
import { judgeInputs } from './input-rules.ts';
import { finding } from './job-finding.ts';
import { judgeStart, type StartPlace } from './start-rules.ts';
import { hostedTime, type LongestRun, shardName, time } from './time-rules.ts';
import { isRecord, type Path } from './workflow-file.ts';
import { type OurJob, permissionsOf } from './workflow-parts.ts';

/** What a job is judged against. */
export interface JobNeeds {
  /** Of the engine that judges. */
  readonly version: string;
  /** Steps of the project ask for OIDC tokens. */
  readonly usesOidc: boolean;
  /** Runs of the project that no machine begins are to fail after a time, and the job may be one that waits. */
  readonly hasStartTimeout: boolean;
  /** Where the clone is from, and which branches write production. */
  readonly place: StartPlace;
  /** Absent = no run has a maximum, or the job is not one that carries runs of the project out. */
  readonly longestRun?: LongestRun;
}

/** All that is wrong with one job that calls the Action. */
export function judgeJob(job: OurJob, { version, usesOidc, hasStartTimeout, longestRun, place }: JobNeeds): Finding[] {
  return [
    ...permissions(job, usesOidc),
    ...concurrency(job),
    ...checkouts(job),
    ...pins(job, version),
    ...(job.kind === 'run' ? time(job) : []),
    ...(longestRun === undefined ? [] : hostedTime(job, longestRun)),
    ...(hasStartTimeout && job.isShard ? shardName(job) : []),
    ...(job.kind === 'changes' ? requiredCheck(job) : []),
    ...judgeInputs(job),
    ...triggers(job),
    ...judgeStart(job, place),
  ];
}

/** What each kind of job needs; whatever else may write is more than that. */
const NEEDED: Readonly<Record<OurJob['kind'], Readonly<Record<string, readonly ['read' | 'write', string]>>>> = {
  run: {
    contents: ['write', 'the state branch is pushed'],
    actions: ['read', 'a job behind a silent run is looked at'],
  },
  changes: {
    contents: ['read', 'the merge base and the state are read'],
    'pull-requests': ['write', 'the comment is written'],
  },
  share: {
    contents: ['write', 'the state branch is pushed'],
    actions: ['read', 'a workflow run behind a silent run is looked at'],
  },
  comment: {
    actions: ['read', 'what the first workflow uploaded is read'],
    'pull-requests': ['write', 'the comment is written'],
  },
};
/** What comes of it is uploaded, and another job pushes it. */
const NEEDED_OF_SHARD = { contents: ['read', 'the code and the state are read'] } as const;
/** Rights to write that a run may well use: starting the next wave, and signing in to a cloud. */
const USEFUL: ReadonlySet<string> = new Set(['actions', 'id-token']);

/** Only where steps of the project ask for it. */
const OIDC = { 'id-token': ['write', 'steps with `oidc: true` sign in with it'] } as const;

function isUseful({ kind, isShard }: OurJob, right: string): boolean {
  return (kind === 'run' || kind === 'share') && !(isShard && right === 'actions') && USEFUL.has(right);
}

function permissions(job: OurJob, usesOidc: boolean): Finding[] {
  const needed: (typeof NEEDED)[OurJob['kind']] = {
    ...(job.isShard ? NEEDED_OF_SHARD : NEEDED[job.kind]),
    ...(usesOidc && job.kind !== 'share' ? OIDC : {}),
  };
  const lines = Object.entries(needed).map(([name, [level]]) => `${name}: ${level}`);
  const given = permissionsOf(job);
  const help = `under the job: \`permissions: { ${lines.join(', ')} }\``;
  if (given === undefined)
    return [
      finding(
        job,
        job.path,
        {
          code: 'permission-missing',
          severity: 'error',
          message: `job \`${job.name}\` does not say what its token may do, so a setting of the repository decides: too little, and nothing is recorded; too much, and every step has it`,
          help,
        },
        'key',
      ),
    ];
  if (given.value === 'write-all' || given.value === 'read-all')
    return [
      finding(job, given.path, {
        code: given.value === 'write-all' ? 'permission-too-wide' : 'permission-missing',
        severity: 'error',
        message: `\`${given.value}\` is not what the job needs`,
        help,
      }),
    ];
  const levels = isRecord(given.value) ? given.value : {};
  const missing = Object.entries(needed).filter(
    ([name, [level]]) => levels[name] !== level && levels[name] !== 'write',
  );
  const wide = Object.entries(levels).filter(
    ([name, level]) => level === 'write' && needed[name]?.[0] !== 'write' && !isUseful(job, name),
  );
  return [
    ...missing.map(([name, [level, why]]) => {
      const isThere = levels[name] !== undefined;
      const of = {
        code: 'permission-missing',
        severity: 'error',
        message: `job \`${job.name}\` needs \`${name}: ${level}\`: ${why}`,
        help: isThere ? `write \`${name}: ${level}\`` : `add \`${name}: ${level}\` here`,
      } as const;
      return isThere ? finding(job, [...given.path, name], of) : finding(job, given.path, of, 'key');
    }),
    ...wide.map(([name]) =>
      finding(job, [...given.path, name], {
        code: 'permission-too-wide',
        severity: job.kind === 'run' ? 'warning' : 'error',
        message: `job \`${job.name}\` may write \`${name}\`, and the engine does not need it: every step of the job can use the right`,
        help: needed[name]
          ? `write \`${name}: ${needed[name][0]}\``
          : 'take the line out, unless a step of yours needs it',
      }),
    ),
  ];
}

function concurrency(job: OurJob): Finding[] {
  if (job.kind !== 'run') return [];
  const paths: Path[] = [
    ...(job.workflow.value['concurrency'] === undefined ? [] : [['concurrency']]),
    ...(job.value['concurrency'] === undefined ? [] : [[...job.path, 'concurrency']]),
  ];
  return paths.map((path) =>
    finding(
      job,
      path,
      {
        code: 'concurrency',
        severity: 'error',
        message:
          'a concurrency group makes one ring wait behind another, or cancels it: the nightly run would wait behind a backfill of five hours, and a waiting ring is dropped when the next one comes',
        help: 'take it out: claims on the state branch keep two jobs from doing the same work',
      },
      'key',
    ),
  );
}

function checkouts(job: OurJob): Finding[] {
  return job.steps
    .filter(({ uses, inputs }) => uses?.startsWith('actions/checkout@') && inputs['persist-credentials'] !== false)
    .map((step) =>
      finding(job, [...step.path, 'uses'], {
        code: 'credentials-kept',
        severity: 'error',
        message: `the checkout leaves the token in .git, where every later step${job.kind === 'changes' ? ', and code of the pull request,' : ''} finds it`,
        help: 'under this step: `with: { persist-credentials: false }`',
      }),
    );
}

function pins(job: OurJob, version: string): Finding[] {
  return job.steps.flatMap((step) => {
    const { uses } = step;
    if (uses === undefined || uses.startsWith('./') || uses.startsWith('docker://')) return [];
    const path = [...step.path, 'uses'];
    if (!/@[0-9a-f]{40}$/.test(uses))
      return [
        finding(job, path, {
          code: 'action-not-pinned',
          severity: 'warning',
          message: /@[0-9a-f]{7,39}$/.test(uses)
            ? `\`${uses.split('@')[1]}\` is a commit cut short, which GitHub does not take: the job fails before its first step`
            : `\`${uses.split('@')[1] ?? uses}\` can be moved to other code, and that code runs with the rights and secrets of this job`,
          help: `write the commit: \`uses: ${uses.split('@')[0]}@<40 digits> # ${uses.split('@')[1] ?? 'version'}\``,
        }),
      ];
    return step === job.action ? oldVersion(job, path, version) : [];
  });
}

function oldVersion(job: OurJob, path: Path, version: string): Finding[] {
  const pinned = /#\s*v?(\d+\.\d+\.\d+)/.exec(job.workflow.commentAt(path))?.[1];
  if (pinned === undefined || compareVersions(pinned, version) >= 0) return [];
  return [
    finding(job, path, {
      code: 'older-version',
      severity: 'warning',
      message: `the workflow calls Branchline ${pinned}, and this is ${version}: what works here may not work there`,
      help: '`branchline init --print` shows the line of this version',
    }),
  ];
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < 3; i++) if (left[i] !== right[i]) return left[i]! - right[i]!;
  return 0;
}

function requiredCheck(job: OurJob): Finding[] {
  const { on } = job.workflow.value;
  const filters = isRecord(on) && isRecord(on['pull_request']) ? on['pull_request'] : {};
  const filtered = ['paths', 'paths-ignore'].filter((key) => filters[key] !== undefined);
  return [
    ...filtered.map((key) =>
      finding(
        job,
        ['on', 'pull_request', key],
        {
          code: 'required-check-skipped',
          severity: 'warning',
          message: `with \`${key}:\` the workflow does not start for some pull requests; if its job is a required check, they can never be merged`,
          help: 'take it out: where nothing of the pipeline changed, the job ends at once and says nothing',
        },
        'key',
      ),
    ),
    ...(job.value['if'] === undefined
      ? []
      : [
          finding(
            job,
            [...job.path, 'if'],
            {
              code: 'required-check-skipped',
              severity: 'warning',
              message: 'a job that `if:` skips counts as passed: if it is a required check, it requires nothing',
              help: 'take it out, or put it on a step',
            },
            'key',
          ),
        ]),
  ];
}

const DANGEROUS: ReadonlySet<string> = new Set(['pull_request_target', 'issue_comment', 'issues', 'discussion']);

function triggers(job: OurJob): Finding[] {
  return job.events
    .filter((event) => DANGEROUS.has(event))
    .map((event) =>
      finding(
        job,
        ['on', event],
        {
          code: 'dangerous-trigger',
          severity: 'error',
          message: `anybody can cause \`${event}\`, and it runs with the secrets and rights of the default branch`,
          help: 'take it out; the Action refuses the event',
        },
        'key',
      ),
    );
}
