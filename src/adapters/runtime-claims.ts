/** `Permission` of a cache scope in a job's token: 1 reads, 2 writes. */
const WRITE = 2;
/** `cache-mode` of a workflow, as the runner hands it on. */
const MODES_WITHOUT_WRITE = new Set(['none', 'read']);

/**
 * May this job write the Actions cache? Told by the workflow's mode and by the claim `ac` of ACTIONS_RUNTIME_TOKEN,
 * before anything is packed. True where neither says so: the service has the last word.
 */
export function mayWriteCache(env: Readonly<Record<string, string | undefined>>): boolean {
  if (MODES_WITHOUT_WRITE.has((env['ACTIONS_CACHE_MODE'] ?? '').trim().toLowerCase())) return false;
  const scopes = parse(claimsOf(env['ACTIONS_RUNTIME_TOKEN'] ?? '')?.['ac']);
  if (!Array.isArray(scopes) || scopes.length === 0) return true;
  return scopes.some((scope: unknown) => {
    const permission = isRecord(scope) ? scope['Permission'] : undefined;
    return typeof permission !== 'number' || (permission & WRITE) === WRITE;
  });
}

function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const claims = parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  return isRecord(claims) ? claims : undefined;
}

/** The claim is JSON as text inside of the token's JSON. */
function parse(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
