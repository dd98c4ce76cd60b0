import { lexSql } from './lex.ts';

/** A statement whose `$name` binds have become `$1`, `$2`, …, with the way back. */
export interface PositionalSql {
  readonly sql: string;
  /** Names by position: `names[0]` is `$1`. */
  readonly names: readonly string[];
  /** Offset in the text as it was, for an offset in `sql`. */
  readonly originalOffset: (offset: number) => number;
}

/** The names of all binds, in order of appearance, without repetitions. Binds in quotes and comments are text, not binds. */
export function bindNames(sql: string): readonly string[] {
  const names = lexSql(sql)
    .tokens.filter((token) => token.kind === 'bind')
    .map((token) => sql.slice(token.start + 1, token.end));
  return [...new Set(names)];
}

/** Rewrites named binds to positions, outside of quotes and comments only. */
export function positionalBinds(sql: string): PositionalSql {
  const names: string[] = [];
  const shifts: { readonly at: number; readonly by: number }[] = [];
  let text = '';
  let copied = 0;
  for (const token of lexSql(sql).tokens) {
    if (token.kind !== 'bind') continue;
    const name = sql.slice(token.start + 1, token.end);
    if (!names.includes(name)) names.push(name);
    text += sql.slice(copied, token.start);
    text += `$${names.indexOf(name) + 1}`;
    copied = token.end;
    shifts.push({ at: text.length, by: copied - text.length });
  }
  text += sql.slice(copied);
  return {
    sql: text,
    names,
    originalOffset: (offset) => offset + (shifts.findLast((shift) => shift.at <= offset)?.by ?? 0),
  };
}
