import type { AssetKey, Relation } from '../model/project.ts';
import type { Place } from './findings.ts';
import { isBroken, type Layer, lookup } from './layers.ts';
import { didYouMean, type Resolving } from './resolving.ts';

/** The name of the connection, when there is such a one. */
export function resolveConnection(layers: readonly Layer[], resolving: Resolving): string | undefined {
  const found = lookup(layers, 'connection');
  if (found === undefined) return undefined;
  return checkConnection(found.value, found.place, resolving) ? found.value : undefined;
}

/** Reports a connection that nobody declares. */
export function checkConnection(name: string, at: Place, { connections, findings, broken }: Resolving): boolean {
  if (Object.hasOwn(connections, name)) return true;
  if (broken.name('connections', name)) return false;
  const known = Object.keys(connections);
  const help =
    didYouMean(name, known) ??
    (known.length === 0
      ? 'declare it under `connections:` in branchline.yaml'
      : `there are ${known.map((one) => `\`${one}\``).join(', ')}`);
  findings.error('unknown-connection', at, `there is no connection \`${name}\``, { help });
  return false;
}

/** The table that an asset is, as it is written or by its key; `connection`: the one that it is in. */
export function resolveRelation(
  key: AssetKey,
  { layers, connection }: { readonly layers: readonly Layer[]; readonly connection?: string | undefined },
  resolving: Resolving,
): { readonly relation?: Relation; readonly place?: Place } {
  const written = lookup(layers, 'relation');
  const { findings } = resolving;
  if (connection === undefined) {
    if (written !== undefined && lookup(layers, 'connection') === undefined && !isBroken(layers, resolving.broken)) {
      findings.error('relation-without-connection', written.place, `\`${key}\` has a relation and no connection`, {
        help: 'write `connection:` with the database that holds it',
      });
    }
    return {};
  }
  const isNone = lookup(layers, 'materialized')?.value === 'none';
  if (written === undefined) return isNone ? {} : { relation: defaultRelation(key) };
  if (isNone) {
    findings.error(
      'relation-of-none',
      written.place,
      `\`${key}\` has a relation, and \`materialized: none\` says that it has none`,
      { help: 'remove one of them' },
    );
    return {};
  }
  const parts = written.value.split('.');
  if (parts.length > 2 || parts.some((part) => part.trim() === '')) {
    findings.error('bad-relation', written.place, `\`${written.value}\` is not a table's name`, {
      help: 'write `table` or `schema.table`',
    });
    return {};
  }
  const [first, second] = parts as [string, string?];
  return { relation: second === undefined ? { name: first } : { schema: first, name: second }, place: written.place };
}

/** The last segment in the schema of the segments before, joined by `_` (vocabulary.md). */
function defaultRelation(key: AssetKey): Relation {
  const segments = key.split('/');
  const name = segments.pop()!;
  return segments.length === 0 ? { name } : { schema: segments.join('_'), name };
}
