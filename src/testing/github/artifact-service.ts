import { createHash } from 'node:crypto';
import type { BlobStore } from './blob-store.ts';
import { type JobIdentity, jobId, runId } from './runtime-token.ts';
import { badRequest, optionalText, type TwirpMethod, TwirpRefusal, text } from './twirp.ts';

export interface ServedArtifact {
  readonly id: number;
  readonly name: string;
  readonly run: number;
  readonly attempt: number;
  readonly job: string;
  readonly blob: string;
  bytes: number;
  digest?: string;
  isFinished: boolean;
}

/** `github.actions.results.api.v1.ArtifactService` in memory. */
export interface ArtifactService {
  readonly artifacts: ServedArtifact[];
  readonly methods: Readonly<Record<string, TwirpMethod>>;
  /** Artifacts of attempts before this one are listed and cannot be fetched. Default: 1, all can. */
  oldestAttempt: number;
  /** The archive of the newest artifact of a name. */
  archive(name: string): Buffer | undefined;
  /** An artifact that another job of a run made, as it is. */
  plant(run: number, attempt: number, name: string, archive: Uint8Array): void;
}

const RETENTION_DAYS_MAX = 90;

export function makeArtifactService(blobs: BlobStore, url: () => string, now: () => Date): ArtifactService {
  const artifacts: ServedArtifact[] = [];
  const add = (identity: Omit<JobIdentity, 'scopes'>, name: string): { artifact: ServedArtifact; path: string } => {
    const path = blobs.newPath(`${name}.zip`);
    const blob = path.split('?')[0]!;
    const { run, attempt, job } = identity;
    const artifact = { id: 5_000 + artifacts.length, name, run, attempt, job, blob, bytes: 0, isFinished: false };
    artifacts.push(artifact);
    return { artifact, path };
  };

  const service: ArtifactService = {
    artifacts,
    oldestAttempt: 1,
    methods: {
      CreateArtifact(request, identity) {
        checkIdentity(request, identity);
        const name = text(request, 'name');
        if (/["\\:<>|*?\r\n/]/.test(name)) throw badRequest('the name holds what no artifact name may');
        const expires = optionalText(request, 'expires_at');
        if (expires !== undefined && Date.parse(expires) > now().getTime() + (RETENTION_DAYS_MAX + 1) * 86_400_000) {
          throw badRequest('expires_at: later than the repository allows');
        }
        if (artifacts.some((each) => isSame(each, identity) && each.name === name)) {
          throw new TwirpRefusal(409, 'already_exists', 'an artifact with this name exists on the workflow run');
        }
        return { ok: true, signed_upload_url: `${url()}${add(identity, name).path}` };
      },
      FinalizeArtifact(request, identity) {
        checkIdentity(request, identity);
        const artifact = artifacts.findLast((each) => isSame(each, identity) && each.name === request['name']);
        const blob = artifact === undefined ? undefined : blobs.blobs.get(artifact.blob);
        if (artifact === undefined || blob === undefined) throw new TwirpRefusal(404, 'not_found', 'nothing uploaded');
        const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`;
        if (String(blob.length) !== String(request['size']) || (request['hash'] ?? digest) !== digest) {
          artifacts.splice(artifacts.indexOf(artifact), 1);
          throw badRequest('what was uploaded is not what was told');
        }
        Object.assign(artifact, { bytes: blob.length, digest, isFinished: true });
        return { ok: true, artifact_id: String(artifact.id) };
      },
      ListArtifacts(request, identity) {
        checkIdentity(request, identity);
        const name = optionalText(request, 'name_filter');
        const id = request['id_filter'];
        const found = artifacts.filter(
          (each) =>
            each.isFinished &&
            each.run === identity.run &&
            (name === undefined || each.name === name) &&
            (id === undefined || String(each.id) === id),
        );
        return { artifacts: found.map((each) => listed(each, now())) };
      },
      GetSignedArtifactURL(request, identity) {
        const name = text(request, 'name');
        const job = text(request, 'workflow_job_run_backend_id');
        const artifact = artifacts.findLast(
          (each) => each.run === identity.run && each.name === name && each.isFinished && jobOf(each) === job,
        );
        if (artifact === undefined || artifact.attempt < service.oldestAttempt) {
          throw new TwirpRefusal(404, 'not_found', 'artifact not found');
        }
        const path = blobs.newPath(`${name}.zip`);
        blobs.blobs.set(path.split('?')[0]!, blobs.blobs.get(artifact.blob)!);
        return { signed_url: `${url()}${path}` };
      },
    },
    archive: (name) => {
      const artifact = artifacts.findLast((each) => each.name === name && each.isFinished);
      return artifact === undefined ? undefined : blobs.blobs.get(artifact.blob);
    },
    plant(run, attempt, name, archive) {
      const { artifact } = add({ run, attempt, job: 'other' }, name);
      const bytes = Buffer.from(archive);
      blobs.blobs.set(artifact.blob, bytes);
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      Object.assign(artifact, { bytes: bytes.length, digest, isFinished: true });
    },
  };
  return service;
}

function listed(artifact: ServedArtifact, now: Date): Readonly<Record<string, unknown>> {
  return {
    workflow_run_backend_id: `run-${artifact.run}`,
    workflow_job_run_backend_id: jobOf(artifact),
    database_id: String(artifact.id),
    name: artifact.name,
    size: String(artifact.bytes),
    created_at: now.toISOString(),
    digest: artifact.digest,
  };
}
function jobOf(artifact: ServedArtifact): string {
  return jobId({ ...artifact, scopes: [] });
}
function isSame(artifact: ServedArtifact, identity: JobIdentity): boolean {
  return artifact.run === identity.run && artifact.attempt === identity.attempt;
}
/** The ids in the body must be those of the token. */
function checkIdentity(request: Readonly<Record<string, unknown>>, identity: JobIdentity): void {
  if (
    request['workflow_run_backend_id'] !== runId(identity) ||
    request['workflow_job_run_backend_id'] !== jobId(identity)
  ) {
    throw new TwirpRefusal(403, 'permission_denied', 'the ids are not those of the token');
  }
}
