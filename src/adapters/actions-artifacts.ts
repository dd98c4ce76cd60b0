import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import type { Clock } from '../ports.ts';
import type { ArtifactRefusal, Artifacts, StoredArtifact } from '../ports-storage.ts';
import { callTo, isOutage, type SeenRequest, toldAnswer, watchClient } from './client-watch.ts';

/** The client retries by itself; what takes longer than this is given up. */
const DEADLINE_MS = 5 * 60_000;

export interface ActionsArtifactsOptions {
  /** The environment of the process: the client reads it by itself, so no other can be given. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** An absolute folder for archives on their way: RUNNER_TEMP. */
  readonly scratch: string;
  readonly clock: Clock;
  readonly deadlineMs?: number;
}

type Client = InstanceType<typeof import('@actions/artifact').DefaultArtifactClient>;
type Refused = { readonly ok: false; readonly error: ArtifactRefusal };

/**
 * Artifacts of this workflow run through the client of GitHub. It throws errors that only their text tells apart: what
 * happened is read from the status of the service's answers.
 */
export function actionsArtifacts({
  env,
  scratch,
  clock,
  deadlineMs = DEADLINE_MS,
}: ActionsArtifactsOptions): Artifacts {
  /** What was done, or why the call of `method` before it did not succeed. */
  async function attempt<T>(method: string, act: (client: Client) => Promise<T>): Promise<Result<T, ArtifactRefusal>> {
    if (!isThere(env))
      return refuse('unavailable', 'there is no artifact service here (ACTIONS_RESULTS_URL is not set)');
    // Loaded when first needed: it takes longer to load than a tick with nothing to do.
    const { DefaultArtifactClient } = await import('@actions/artifact');
    const end = new AbortController();
    const tooLate = clock.sleep(deadlineMs, end.signal).then(() => undefined);
    const work = watchClient(async (): Promise<Result<T, unknown>> => {
      try {
        return ok(await act(new DefaultArtifactClient()));
      } catch (error) {
        return fail(error);
      }
    });
    const done = await Promise.race([work, tooLate]);
    end.abort();
    if (done === undefined) return refuse('unavailable', `no end within ${Math.round(deadlineMs / 1000)} s`);
    if (done.value.ok) return done.value;
    return judge(method, done.seen, done.value.error);
  }

  const list = (): Promise<Result<readonly (StoredArtifact & { readonly digest?: string })[], ArtifactRefusal>> =>
    attempt('ListArtifacts', async (client) => {
      const { artifacts } = await client.listArtifacts({ latest: true });
      return artifacts.map(({ id, name, size, digest }) => ({
        id,
        name,
        bytes: size,
        ...(digest === undefined || digest === '' ? {} : { digest }),
      }));
    });

  return {
    async upload({ name, folder, files, retentionDays }) {
      const paths = files.map((file) => path.join(folder, file));
      // The client packs as it sends, and a file that is missing by then ends the process.
      for (const file of paths) {
        const found = await stat(file).catch(() => undefined);
        if (found?.isFile() !== true) return refuse('refused', `${file} is no file, so ${name} was not uploaded`);
      }
      const options = retentionDays === undefined ? {} : { retentionDays };
      const done = await attempt('CreateArtifact', (client) => client.uploadArtifact(name, paths, folder, options));
      if (!done.ok) return done;
      return ok({ id: done.value.id ?? 0, name, bytes: done.value.size ?? 0 });
    },
    async list() {
      const found = await list();
      return found.ok ? ok(found.value.map(({ id, name, bytes }) => ({ id, name, bytes }))) : found;
    },
    async download(name, bytesMax) {
      const found = await list();
      if (!found.ok) return found;
      const artifact = found.value.find((each) => each.name === name);
      if (artifact === undefined) return refuse('not-found', `this workflow run has no artifact ${name}`);
      const tooLarge = (bytes: number) =>
        refuse('too-large', `the artifact ${name} has ${bytes} bytes, more than the ${bytesMax} that are read`);
      if (artifact.bytes > bytesMax) return tooLarge(artifact.bytes);
      const folder = await mkdtemp(path.join(scratch, 'artifact-'));
      try {
        const options = { path: folder, skipDecompress: true };
        const expected = artifact.digest === undefined ? {} : { expectedHash: artifact.digest };
        const done = await attempt('GetSignedArtifactURL', (client) =>
          client.downloadArtifact(artifact.id, { ...options, ...expected }),
        );
        if (!done.ok) return done;
        if (done.value.digestMismatch === true) {
          return refuse('refused', `the artifact ${name} is not what was uploaded: its digest differs`);
        }
        const [file] = await readdir(folder);
        const bytes = file === undefined ? undefined : (await stat(path.join(folder, file))).size;
        if (file === undefined || bytes === undefined)
          return refuse('refused', `the artifact ${name} came without bytes`);
        if (bytes > bytesMax) return tooLarge(bytes);
        return ok(await readFile(path.join(folder, file)));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

function isThere(env: ActionsArtifactsOptions['env']): boolean {
  return (env['ACTIONS_RESULTS_URL'] ?? '') !== '' && (env['ACTIONS_RUNTIME_TOKEN'] ?? '') !== '';
}

function judge(method: string, seen: readonly SeenRequest[], error: unknown): Refused {
  const message = error instanceof Error ? error.message : String(error);
  const asked = callTo(seen, method);
  // Nothing was sent: GitHub Enterprise Server, or a name or a file that the client refuses.
  if (seen.length === 0) return refuse('refused', message);
  if (asked?.status === 409) return refuse('exists', message);
  if (asked?.status === 404) return refuse('not-found', message);
  const failed = seen.findLast((request) => request.status === undefined || request.status >= 400);
  if (failed === undefined || !isOutage(failed)) return refuse('refused', message);
  return refuse('unavailable', `the artifact service ${toldAnswer(failed)}: ${message}`);
}

function refuse(code: ArtifactRefusal['code'], message: string): Refused {
  return fail({ code, message });
}
