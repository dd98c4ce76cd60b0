import { fail, ok, type Result } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { Project, Relation } from '../model/project.ts';
import type { ConnectionTarget } from '../ports.ts';
import { evaluateTemplate } from '../project/template.ts';

/** What finding out where a connection leads takes. */
export interface ConnectionScope {
  readonly project: Project;
  readonly environment: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute folder of the project. */
  readonly root: string;
}

/** A connection as this environment has it, with every expression evaluated. */
export function connectionTarget(scope: ConnectionScope, name: string): Result<ConnectionTarget, Failure> {
  const written = scope.project.connections[name];
  if (!written)
    return fail({ class: 'infrastructure', code: 'unknown-connection', message: `there is no connection \`${name}\`` });
  const replaced = scope.project.environments[scope.environment]?.connections[name] ?? {};
  const connection = { ...written, ...replaced } as typeof written;
  const text = (template: string): Result<string, Failure> => {
    const value = evaluateTemplate(template, { env: scope.env, environment: scope.environment });
    if (value.ok) return value;
    const fix = value.error.missingEnv === undefined ? '' : `. ${setVariable(value.error.missingEnv)}`;
    return fail({
      class: 'infrastructure',
      code: 'missing-env',
      message: `connection ${name}: ${value.error.message}${fix}`,
    });
  };
  if (connection.type === 'postgres') {
    const url = text(connection.url);
    if (!url.ok) return url;
    const schema = connection.schema === undefined ? ok(undefined) : text(connection.schema);
    if (!schema.ok) return schema;
    return ok({ type: 'postgres', url: url.value, ...(schema.value === undefined ? {} : { schema: schema.value }) });
  }
  const path = text(connection.path);
  if (!path.ok) return path;
  const init = connection.init === undefined ? ok(undefined) : text(connection.init);
  if (!init.ok) return init;
  const absolute = path.value === ':memory:' || isAbsolute(path.value) ? path.value : `${scope.root}/${path.value}`;
  return ok({
    type: 'duckdb',
    path: absolute,
    extensions: connection.extensions,
    ...(init.value === undefined ? {} : { init: init.value }),
  });
}

/** A relation with the schema of its connection's target filled in. */
export function relationOn(target: ConnectionTarget, relation: Relation): Relation {
  if (relation.schema !== undefined || target.type !== 'postgres' || target.schema === undefined) return relation;
  return { schema: target.schema, name: relation.name };
}

/** How to give a variable a value, here and in a workflow. */
export function setVariable(name: string): string {
  return `Export it or write it into .env; in a workflow add \`env: { ${name}: "\${{ secrets.${name} }}" }\` to the step that runs branchline`;
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);
}

/** A database that a run needs a driver for. */
export type Engine = 'duckdb' | 'postgres';

/** What the steps of a plan need: the databases of their connections and checks, DuckDB for checks of files. */
export function enginesOf(project: Project, steps: readonly PlannedStep[]): Engine[] {
  const engines = new Set<Engine>();
  for (const step of steps) {
    const definition = project.steps[step.step];
    if (definition?.action.kind === 'sql') add(engines, project, definition.connection);
    for (const { asset: key } of step.assets) {
      const asset = project.assets[key];
      if (asset?.relation) add(engines, project, asset.connection);
      for (const check of asset?.checks ?? []) {
        if (check.kind.type === 'run' || check.kind.type === 'reported' || check.kind.type === 'multi') continue;
        add(engines, project, check.connection ?? (asset?.relation ? asset.connection : undefined));
      }
    }
  }
  return [...engines].sort();
}

function add(engines: Set<Engine>, project: Project, connection: string | undefined): void {
  engines.add(connection === undefined ? 'duckdb' : (project.connections[connection]?.type ?? 'duckdb'));
}

/** File connections among these, by name: each has one writer at a time. */
export function fileConnections(project: Project, names: Iterable<string | undefined>): string[] {
  const found = new Set<string>();
  for (const name of names) if (name !== undefined && project.connections[name]?.type === 'duckdb') found.add(name);
  return [...found].sort();
}
