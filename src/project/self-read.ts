import type { Asset, Project } from '../model/project.ts';
import { lexSql } from '../sql/lex.ts';
import { compileSqlTemplate } from './sql-template.ts';

/** Stands for `this` where SQL is only looked at. */
const SELF = 'branchline_self';

/** Whether the SQL that makes an asset reads what it made last (`this`). */
export function readsItself({ steps }: Pick<Project, 'steps'>, asset: Pick<Asset, 'step'>): boolean {
  const action = asset.step === undefined ? undefined : steps[asset.step]?.action;
  // Hardly any does, and nothing is compiled for those that do not.
  if (action?.kind !== 'sql' || !action.text.includes('this')) return false;
  const compiled = compileSqlTemplate(action.text);
  if (!compiled.ok || !compiled.value.parts.some(({ kind }) => kind === 'this')) return false;
  const text = compiled.value.parts
    .map((part) => (part.kind === 'text' ? part.text : part.kind === 'this' ? SELF : 'x'))
    .join('');
  return lexSql(text).tokens.some(({ kind, start, end }) => kind === 'word' && text.slice(start, end) === SELF);
}
