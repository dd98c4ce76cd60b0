import { byText } from '../base/order.ts';
import type { AssetKey, Connection, Relation } from '../model/project.ts';
import { keyOf, spanOf } from './findings.ts';
import { isPattern, patternsOverlap } from './glob.ts';
import type { AssetDraft } from './resolve-assets.ts';
import type { Resolving } from './resolving.ts';
import { hasExpression } from './template.ts';

/** Reports two assets with one table on the same connection. Names of tables do not differ by case. */
export function verifyRelations(drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): void {
  const { findings, connections } = resolving;
  const taken = new Map<string, AssetDraft>();
  for (const [key, draft] of [...drafts].sort(([a], [b]) => byText(a, b))) {
    const { relation, connection } = draft.asset;
    if (relation === undefined || connection === undefined) continue;
    const name = fullName(relation, connections[connection]);
    const first = taken.get(`${connection} ${name}`);
    if (first === undefined) {
      taken.set(`${connection} ${name}`, draft);
      continue;
    }
    const place = draft.relationPlace ?? keyOf(draft.place);
    findings.error('relation-taken', place, `\`${key}\` and \`${first.asset.key}\` have the same table, \`${name}\``, {
      help: 'give one of them another name with `relation:`',
      related: [{ span: spanOf(first.relationPlace ?? keyOf(first.place)), note: 'the other one' }],
    });
  }
}

/** A table in full, as databases compare names: the connection's usual schema where none is written. */
export function fullName({ schema, name }: Relation, connection: Connection | undefined): string {
  const usual = connection?.type === 'postgres' ? (connection.schema ?? 'public') : 'main';
  return `${schema ?? usual}.${name}`.toLowerCase();
}

interface Claim {
  readonly draft: AssetDraft;
  readonly index: number;
  readonly path: string;
}

/** Reports two assets whose outputs may be the same file. What an expression decides is left out, but for `asset`. */
export function verifyOutputs(drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): void {
  const exact = new Map<string, Claim>();
  const patterns: Claim[] = [];
  const byFolder = new Map<string, Claim[]>();
  for (const [, draft] of [...drafts].sort(([a], [b]) => byText(a, b))) {
    for (const [index, output] of draft.asset.outputs.entries()) {
      const path = ownPath(output.path, draft);
      const claim = { draft, index, path };
      reportTracked(claim, resolving);
      if (isPattern(path)) patterns.push(claim);
      else if (exact.has(path)) report(exact.get(path)!, claim, resolving);
      else exact.set(path, claim);
    }
  }
  for (const claim of exact.values()) addTo(byFolder, claim);
  for (const [index, claim] of patterns.entries()) {
    const folder = claim.path.split('/')[0]!;
    const literals = isPattern(folder) ? [...exact.values()] : (byFolder.get(folder) ?? []);
    for (const other of [...literals, ...patterns.slice(0, index)]) {
      if (hasExpression(claim.path) || hasExpression(other.path) || !patternsOverlap(claim.path, other.path)) continue;
      report(other, claim, resolving);
    }
  }
}

function addTo(byFolder: Map<string, Claim[]>, claim: Claim): void {
  const folder = claim.path.split('/')[0]!;
  const list = byFolder.get(folder);
  if (list === undefined) byFolder.set(folder, [claim]);
  else list.push(claim);
}

function ownPath(path: string, { asset }: AssetDraft): string {
  if (!hasExpression(path)) return path;
  const parts = { key: asset.key, name: asset.key.split('/').at(-1)!, group: asset.group ?? '' };
  return path.replace(/\$\{\{\s*asset\.(key|name|group)\s*\}\}/g, (_, part: keyof typeof parts) => parts[part]);
}

function report(first: Claim, second: Claim, { findings }: Resolving): void {
  if (first.draft.asset.key === second.draft.asset.key) return;
  const place = second.draft.outputPlaces[second.index]!;
  const message = `\`${second.draft.asset.key}\` and \`${first.draft.asset.key}\` both write ${first.path === second.path ? `\`${first.path}\`` : `what \`${second.path}\` and \`${first.path}\` match`}`;
  findings.error('output-taken', place, message, {
    help: 'one file is written by one asset: remove it from one of them',
    related: [{ span: spanOf(first.draft.outputPlaces[first.index]!), note: 'the other one' }],
  });
}

/** A step would overwrite what somebody committed. Files of patterns are known when they are written; the run looks. */
function reportTracked({ draft, index, path }: Claim, { findings, tree }: Resolving): void {
  if (tree.isTracked?.(path) !== true) return;
  findings.error('output-tracked', draft.outputPlaces[index]!, `git tracks \`${path}\`, which a step would overwrite`, {
    help: `let git go of it: \`git rm --cached ${path}\`, and add it to .gitignore`,
  });
}
