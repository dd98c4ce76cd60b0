import { lexSql } from './lex.ts';
import { FILE_VIEW_PREFIX } from './relation.ts';

const TRACELESS = new Set(
  'select with from values table insert update delete merge truncate drop alter create begin commit rollback explain describe show pivot unpivot analyze comment grant revoke'.split(
    ' ',
  ),
);
const TEMPORARY = new Set(['temp', 'temporary', 'secret', 'local', 'global']);

/**
 * Whether statements leave something behind in the session itself (settings, temporary tables, attached databases, an
 * open transaction) that the next asset would meet. Rather too often than too seldom: the price is a new connection.
 */
export function leavesTraces(sql: string): boolean {
  let first = true;
  let open = false;
  let creating = false;
  for (const token of lexSql(sql).tokens) {
    const text = sql.slice(token.start, token.end).toLowerCase();
    if (text === ';') {
      first = true;
      creating = false;
      continue;
    }
    if (token.kind !== 'word') continue;
    if (first && !TRACELESS.has(text)) return true;
    if (first && text === 'begin') open = true;
    if (first && (text === 'commit' || text === 'rollback')) open = false;
    if (first) creating = text === 'create';
    else if (creating && TEMPORARY.has(text) && !sql.includes(FILE_VIEW_PREFIX)) return true;
    first = false;
  }
  return open;
}
