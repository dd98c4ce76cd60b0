/** Who a job is to the services of a workflow run. */
export interface JobIdentity {
  readonly run: number;
  readonly attempt: number;
  readonly job: string;
  /** The job's own ref first: caches are read in this order, and written to the first that may be written. */
  readonly scopes: readonly { readonly ref: string; readonly mode: 'read' | 'write' }[];
}

/** A job of a push or a schedule on a branch: it writes there, and reads the default branch's too. */
export function jobOnBranch(
  run: number,
  { attempt = 1, job = 'run', branch = 'main', defaultBranch = 'main' } = {},
): JobIdentity {
  const own = { ref: `refs/heads/${branch}`, mode: 'write' } as const;
  const base = { ref: `refs/heads/${defaultBranch}`, mode: 'read' } as const;
  return { run, attempt, job, scopes: branch === defaultBranch ? [own] : [own, base] };
}

/** A job of a pull request: it writes what only it can read; that of a fork of low trust writes nothing. */
export function jobOnPullRequest(
  run: number,
  number: number,
  { attempt = 1, job = 'plan', base = 'main', mayWrite = true } = {},
): JobIdentity {
  const own = { ref: `refs/pull/${number}/merge`, mode: mayWrite ? 'write' : 'read' } as const;
  return { run, attempt, job, scopes: [own, { ref: `refs/heads/${base}`, mode: 'read' }] };
}

const READ = 1;
const WRITE = 2;

/** `ACTIONS_RUNTIME_TOKEN`: a JWT whose claims say which run and job, and which caches. The signature is none. */
export function runtimeToken(identity: JobIdentity): string {
  const access = identity.scopes.map(({ ref, mode }) => ({
    Scope: ref,
    Permission: mode === 'write' ? READ | WRITE : READ,
  }));
  const claims = {
    scp: `Actions.GenericRead:00000000 Actions.Results:${runId(identity)}:${jobId(identity)}`,
    // Text inside of the JSON, as the real one has it.
    ac: JSON.stringify(access),
  };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** What the services know of the bearer of a token; undefined when it is none of ours. */
export function readToken(token: string): JobIdentity | undefined {
  const claims = parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const [, run, attempt, job] = /Actions\.Results:run-(\d+):job-(\d+)-(.+)$/.exec(String(claims?.['scp'])) ?? [];
  if (run === undefined || attempt === undefined || job === undefined) return undefined;
  const access = JSON.parse(String(claims?.['ac'])) as { Scope: string; Permission: number }[];
  const scopes = access.map(({ Scope, Permission }) => ({
    ref: Scope,
    mode: (Permission & WRITE) === WRITE ? ('write' as const) : ('read' as const),
  }));
  return { run: Number(run), attempt: Number(attempt), job, scopes };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** How the services name a workflow run, the same for all its attempts. */
export function runId(identity: JobIdentity): string {
  return `run-${identity.run}`;
}
export function jobId(identity: JobIdentity): string {
  return `job-${identity.attempt}-${identity.job}`;
}
