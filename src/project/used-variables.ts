import type { Project } from '../model/project.ts';
import { compileSqlTemplate } from './sql-template.ts';
import { envNamesOf, hasExpression } from './template.ts';

/** Names of variables that a project hands to a step as secrets, or reads in any expression. */
export function envNamesUsed(project: Project): ReadonlySet<string> {
  const names = new Set<string>();
  const read = (text: unknown): void => {
    if (typeof text === 'string') for (const name of envNamesOf(text)) names.add(name);
  };
  const readAll = (values: Readonly<Record<string, unknown>>): void => {
    for (const value of Object.values(values)) read(value);
  };
  const readSql = (text: string): void => {
    const compiled = hasExpression(text) ? compileSqlTemplate(text) : undefined;
    if (compiled?.ok !== true) return;
    for (const part of compiled.value.parts) {
      if (part.kind !== 'bind') continue;
      for (const { context, property } of part.expression.accesses)
        if (context === 'env' && property !== undefined) names.add(property);
    }
  };
  const hand = ({
    env,
    secrets,
  }: {
    readonly env: Readonly<Record<string, string>>;
    readonly secrets: readonly string[];
  }): void => {
    readAll(env);
    for (const name of secrets) names.add(name);
  };
  readAll(project.env);
  for (const connection of Object.values(project.connections)) readAll({ ...connection, definedAt: undefined });
  for (const { env, connections } of Object.values(project.environments)) {
    readAll(env);
    for (const keys of Object.values(connections)) readAll(keys);
  }
  for (const step of Object.values(project.steps)) {
    hand(step);
    if (step.action.kind === 'sql') readSql(step.action.text);
  }
  for (const asset of Object.values(project.assets)) {
    for (const { path } of asset.outputs) read(path);
    for (const check of asset.checks) {
      hand(check);
      if (check.kind.type === 'sql') readSql(check.kind.text);
    }
  }
  for (const check of Object.values(project.multiChecks)) hand(check);
  return names;
}
