import type { AssetKey, Connection } from '../model/project.ts';
import type { AssetDraft } from './resolve-assets.ts';
import type { Resolving } from './resolving.ts';
import { scanSql } from './sql-text.ts';
import { fullName } from './verify-claims.ts';

const NAME = '(?:"(?:[^"]|"")+"|[\\p{L}_][\\p{L}\\p{N}_$]*)';
const READ = new RegExp(`\\b(?:from|join)\\s+(${NAME}(?:\\s*\\.\\s*${NAME}){0,2})`, 'giu');

/**
 * Warns of tables that SQL names by themselves behind `from` or `join`, though another asset makes them: where
 * environments exist, `ref` finds the environment's own table, and a plain name is the same one everywhere
 * (semantics.md 14). Names of common table expressions are no tables.
 */
export function warnOfPlainTables(drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): void {
  if (Object.keys(resolving.definitions.project?.value.environments ?? {}).length === 0) return;
  const owners = ownersOf(drafts, resolving.connections);
  for (const { asset, sql } of drafts.values()) {
    if (sql === undefined || asset.connection === undefined) continue;
    const { source } = sql;
    const code = codeOf(source.text);
    for (const match of code.matchAll(READ)) {
      const written = match[1]!;
      if (isFunctionCall(code, match) || isCommonTable(code, written)) continue;
      const owner = owners.get(`${asset.connection} ${nameOf(written, resolving.connections[asset.connection])}`);
      if (owner === undefined) continue;
      const place = { offset: match.index + match[0].length - written.length, length: written.length };
      const instead = owner === asset.key ? '${{ this }}' : `\${{ ref('${owner}') }}`;
      resolving.findings.warning(
        'plain-table',
        source.spanAt(place),
        `\`${written}\` is the table of \`${owner}\`, and its plain name is the same in every environment`,
        { help: `write \`${instead}\`` },
      );
    }
  }
}

function ownersOf(
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  connections: Readonly<Record<string, Connection>>,
): ReadonlyMap<string, AssetKey> {
  const owners = new Map<string, AssetKey>();
  for (const [key, { asset }] of drafts) {
    const { relation, connection } = asset;
    if (relation !== undefined && connection !== undefined)
      owners.set(`${connection} ${fullName(relation, connections[connection])}`, key);
  }
  return owners;
}

/** The text with everything blank that is neither code nor a quoted name; offsets stay. */
function codeOf(text: string): string {
  return scanSql(text)
    .map(({ kind, start, end }) => {
      const stretch = text.slice(start, end);
      return kind === 'code' || kind === 'identifier' ? stretch : stretch.replace(/[^\n]/g, ' ');
    })
    .join('');
}

/** `from read_csv('…')`: a function, whatever its name. */
function isFunctionCall(code: string, match: RegExpExecArray): boolean {
  return /^\s*\(/.test(code.slice(match.index + match[0].length));
}

function isCommonTable(code: string, name: string): boolean {
  if (name.includes('.')) return false;
  const escaped = name.replace(/[$"]/g, '\\$&');
  return new RegExp(
    `(?<![\\p{L}\\p{N}_$"])${escaped}\\s*(?:\\([^()]*\\)\\s*)?as\\s+(?:not\\s+)?(?:materialized\\s*)?\\(`,
    'iu',
  ).test(code);
}

/** In full and without its database, as `fullName` has it. */
function nameOf(written: string, connection: Connection | undefined): string {
  const parts = [...written.matchAll(new RegExp(NAME, 'gu'))].map(([part]) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part,
  );
  const [schema, name] = parts.slice(-2);
  return name === undefined ? fullName({ name: schema! }, connection) : fullName({ schema: schema!, name }, connection);
}
