import type { WrittenStorage } from '../manifest/generated/written.ts';
import { dataBranchOf } from '../model/data-branch.ts';
import type { Storage } from '../model/project.ts';
import { below, type Findings, keyOf, type Place } from './findings.ts';
import { type Resolving, resolvePath } from './resolving.ts';

/** What GitHub takes at most in one file: above it every push is refused. */
const FILE_BYTES_MAX = 100_000_000;
const FILE_BYTES_DEFAULT = 50_000_000;

const KEYS = {
  path: { types: ['directory'], cure: 'remove it, or write `type: directory`' },
  branch: { types: ['branch'], cure: 'remove it, or write `type: branch`' },
  max_file: { types: ['branch'], cure: 'remove it, or write `type: branch`' },
} as const;

/** What is written under a `storage` key, with its mistakes reported. */
export function resolveStorage(
  written: WrittenStorage | undefined,
  place: Place,
  stateBranch: string,
  resolving: Pick<Resolving, 'findings'> & Parameters<typeof resolvePath>[2],
): Storage | undefined {
  if (written === undefined || written === null) return undefined;
  for (const [key, { types, cure }] of Object.entries(KEYS) as [
    keyof typeof KEYS,
    (typeof KEYS)[keyof typeof KEYS],
  ][]) {
    if (written[key] === undefined || (types as readonly string[]).includes(written.type)) continue;
    const message = `\`${key}\` does nothing for storage \`${written.type}\``;
    resolving.findings.error('key-without-effect', keyOf(below(place, key)), message, { help: cure });
  }
  switch (written.type) {
    case 'directory': {
      const path =
        written.path === undefined ? undefined : resolveFolder(written.path, below(place, 'path'), resolving);
      return { type: 'directory', ...(path === undefined ? {} : { path }) };
    }
    case 'branch': {
      const branch = resolveBranch(written.branch, below(place, 'branch'), stateBranch, resolving.findings);
      const maxFileBytes = resolveSize(written.max_file, below(place, 'max_file'), resolving.findings);
      return { type: 'branch', ...(branch === undefined ? {} : { branch }), maxFileBytes };
    }
    case 'cache':
    case 'none':
      return { type: written.type };
  }
}

/** A folder may lie anywhere on the machine: a disk of its own is what an absolute path is for. */
function resolveFolder(written: string, at: Place, resolving: Parameters<typeof resolvePath>[2]): string | undefined {
  return written.startsWith('/') || /^[A-Za-z]:[\\/]/.test(written) ? written : resolvePath(written, at, resolving);
}

function resolveBranch(
  branch: string | undefined,
  at: Place,
  stateBranch: string,
  findings: Findings,
): string | undefined {
  if (branch === undefined) return undefined;
  const refuse = (message: string): undefined => {
    const help = `write \`${dataBranchOf(stateBranch)}\`, or leave \`branch\` away`;
    findings.error('bad-storage-branch', at, message, { help });
  };
  if (!isBranchName(branch)) return refuse(`git cannot have a branch named \`${branch}\``);
  if (branch === stateBranch) return refuse(`\`${branch}\` is the branch of the state: data needs one of its own`);
  // git keeps refs as files: `a` and `a/b` cannot both be there.
  if (branch.startsWith(`${stateBranch}/`) || stateBranch.startsWith(`${branch}/`))
    return refuse(`git cannot have both \`${branch}\` and the branch of the state, \`${stateBranch}\``);
  return branch;
}

/** The rules of `git check-ref-format` as far as a person breaks them. */
function isBranchName(name: string): boolean {
  return (
    !/^refs\/|\.\.|[\s~^:?*[\\]|@\{|\/\/|\.lock(\/|$)|(^|\/)\./.test(name) && !/^[/-]|[/.]$/.test(name) && name !== '@'
  );
}

function resolveSize(written: string | undefined, at: Place, findings: Findings): number {
  if (written === undefined) return FILE_BYTES_DEFAULT;
  const [, count, unit] = /^(\d+)(kB|MB)$/.exec(written)!;
  const bytes = Number(count) * (unit === 'kB' ? 1_000 : 1_000_000);
  if (bytes <= FILE_BYTES_MAX) return bytes;
  findings.error(
    'max-file-too-large',
    at,
    `\`${written}\` is more than git servers take: GitHub refuses files over 100 MB`,
    {
      help: 'write at most `100MB`; larger files belong into `storage: { type: cache }`, a bucket or a database',
    },
  );
  return FILE_BYTES_MAX;
}
