import type { EpochMs } from '../model/instant.ts';

/** What is waited after a 429 that names no time. */
const UNNAMED_LIMIT_MS = 60_000;

/**
 * When a limit that an answer tells of is over: the primary one by `x-ratelimit-reset` where nothing remains, a secondary
 * one by `Retry-After` (seconds, or a date). Undefined: the answer tells of none.
 */
export function limitedUntil(headers: Headers | undefined, now: EpochMs): EpochMs | undefined {
  const after = headers?.get('retry-after') ?? '';
  if (/^\d+$/.test(after)) return now + Number(after) * 1000;
  const date = Date.parse(after);
  if (!Number.isNaN(date)) return date;
  const reset = headers?.get('x-ratelimit-reset') ?? '';
  if (headers?.get('x-ratelimit-remaining') === '0' && /^\d+$/.test(reset)) return Number(reset) * 1000;
  return undefined;
}

/** The same for an answer of that status: a 429 tells of a limit even without a time. */
export function limitOfAnswer(
  answer: { readonly status: number; readonly headers: Headers } | undefined,
  now: EpochMs,
): EpochMs | undefined {
  if (answer?.status !== 403 && answer?.status !== 429) return undefined;
  return limitedUntil(answer.headers, now) ?? (answer.status === 429 ? now + UNNAMED_LIMIT_MS : undefined);
}

/** Keys of `permissions:` in a workflow; what else GitHub may ask for (administration, secrets …) no workflow can give. */
const WORKFLOW_PERMISSIONS = new Set([
  'actions',
  'attestations',
  'checks',
  'contents',
  'deployments',
  'discussions',
  'id-token',
  'issues',
  'models',
  'packages',
  'pages',
  'pull-requests',
  'security-events',
  'statuses',
]);

/**
 * The line under `permissions:` that `x-accepted-github-permissions` asks for. The header lists alternatives, apart by
 * `;`, each with its permissions, apart by `,`; what we document ourselves wins where it is among them.
 */
export function missingPermission(header: string | null | undefined, documented: string): string | undefined {
  const alternatives = (header ?? '')
    .split(';')
    .map((alternative) =>
      alternative
        .split(',')
        .map(asLine)
        .filter((line) => line !== ''),
    )
    .filter((lines) => lines.length > 0);
  if (alternatives.length === 0) return isGivable(documented) ? documented : undefined;
  const givable = alternatives.filter((lines) => lines.every(isGivable));
  return (givable.find((lines) => lines.includes(documented)) ?? givable[0])?.join(', ');
}

/** `pull_requests=write` → `pull-requests: write`. */
function asLine(entry: string): string {
  const [name = '', level = ''] = entry.trim().split('=');
  return name === '' || level === '' ? '' : `${name.replaceAll('_', '-')}: ${level}`;
}
function isGivable(line: string): boolean {
  return WORKFLOW_PERMISSIONS.has(line.split(':')[0] ?? '');
}
