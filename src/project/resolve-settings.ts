import type { Json } from '../base/json.ts';
import { byText, sortedEntries } from '../base/order.ts';
import type {
  WrittenConnection,
  WrittenConnectionOverride,
  WrittenLocalEnvironment,
  WrittenProductionEnvironment,
} from '../manifest/generated/written.ts';
import { DEFAULT_STATE_BRANCH } from '../model/data-branch.ts';
import { USUAL_MANIFESTS } from '../model/manifest-patterns.ts';
import type { Connection, EnvironmentDef, Project } from '../model/project.ts';
import { checkConnection } from './asset-table.ts';
import type { Definitions } from './definitions.ts';
import { below, definedAt, type Place } from './findings.ts';
import { checkZone } from './resolve-jobs.ts';
import { resolveOperations } from './resolve-operations.ts';
import { resolveSharedPartitions } from './resolve-partitions.ts';
import { resolveRunners } from './resolve-runners.ts';
import { resolveStorage } from './resolve-storage.ts';
import { checkTemplate, type Resolving, resolveDuration, resolveEnv, resolvePath } from './resolving.ts';
import { hasExpression } from './template.ts';

/** What `branchline.yaml` says of the project as a whole. */
export type Settings = Pick<
  Project,
  | 'name'
  | 'description'
  | 'timezone'
  | 'manifests'
  | 'state'
  | 'storage'
  | 'maxParallel'
  | 'prices'
  | 'secrets'
  | 'env'
  | 'environments'
  | 'groups'
  | 'operations'
  | 'runners'
  | 'partitions'
>;

/** A journal that comes late is judged by what the state remembers of its stream: 30 days. */
const RETENTION_MS_MIN = 30 * 86_400_000;

function resolveRetention(resolving: Resolving): { readonly retentionMs?: number } {
  const { project } = resolving.definitions;
  const text = project?.value.state?.retention;
  const at = { document: project!, pointer: ['state', 'retention'] };
  const retentionMs = resolveDuration(text, at, resolving);
  if (retentionMs === undefined) return {};
  if (retentionMs >= RETENTION_MS_MIN) return { retentionMs };
  resolving.findings.error(
    'out-of-range',
    at,
    `\`${text}\` is shorter than 30 days, and a journal may come that late: write \`30d\` or more`,
  );
  return {};
}

/** The project's own keys, with their defaults. */
export function resolveSettings(resolving: Resolving): Settings {
  const { project } = resolving.definitions;
  const value = project?.value;
  const place = (...pointer: string[]): Place => ({ document: project!, pointer });
  if (value?.timezone !== undefined) checkZone(value.timezone, place('timezone'), resolving);
  const stateBranch = value?.state?.branch ?? DEFAULT_STATE_BRANCH;
  const storage = resolveStorage(value?.storage, place('storage'), stateBranch, resolving);
  return {
    name: value?.name ?? '',
    ...(value?.description === undefined ? {} : { description: value.description }),
    timezone: value?.timezone ?? 'UTC',
    manifests: value?.manifests ?? USUAL_MANIFESTS,
    state: { branch: stateBranch, remote: value?.state?.remote ?? 'origin', ...resolveRetention(resolving) },
    ...(storage === undefined ? {} : { storage }),
    ...(value?.max_parallel === undefined ? {} : { maxParallel: value.max_parallel }),
    operations: resolveOperations(resolving),
    runners: resolveRunners(resolving),
    partitions: resolveSharedPartitions(resolving),
    prices: Object.fromEntries(sortedEntries(value?.prices ?? {})),
    secrets: [...(value?.secrets ?? [])].sort(byText),
    env: resolveEnv(
      envEntries(value?.env, () => place('env')),
      resolving,
    ),
    environments: resolveEnvironments(resolving),
    groups: Object.fromEntries(
      sortedEntries(value?.groups ?? {}).map(([name, { description }]) => [
        name,
        description === undefined ? {} : { description },
      ]),
    ),
  };
}

function envEntries(
  env: Readonly<Record<string, unknown>> | undefined,
  place: () => Place,
): [string, { value: unknown; place: Place }][] {
  return Object.entries(env ?? {}).map(([name, value]) => [name, { value, place: below(place(), name) }]);
}

/** Connections by name, with their expressions and paths checked. */
export function resolveConnections(
  definitions: Definitions,
  resolving: Omit<Resolving, 'connections'>,
): Readonly<Record<string, Connection>> {
  const { project } = definitions;
  const partial: Resolving = { ...resolving, connections: {} };
  const entries = sortedEntries(project?.value.connections ?? {});
  return Object.fromEntries(
    entries.map(([name, written]) => [
      name,
      resolveOne(written, { document: project!, pointer: ['connections', name] }, partial),
    ]),
  );
}

function resolveOne(written: WrittenConnection, place: Place, resolving: Resolving): Connection {
  const text = (key: string, value: string | undefined): void => {
    if (value !== undefined) checkTemplate(value, below(place, key), resolving);
  };
  switch (written.type) {
    case 'duckdb': {
      text('path', written.path);
      text('init', written.init);
      const file = place.document.value as { readonly state?: { readonly branch?: string } };
      const stateBranch = file.state?.branch ?? DEFAULT_STATE_BRANCH;
      const storage = resolveStorage(written.storage, below(place, 'storage'), stateBranch, resolving);
      return {
        type: 'duckdb',
        path: databasePath(written.path, below(place, 'path'), resolving),
        extensions: written.extensions ?? [],
        ...(written.init === undefined ? {} : { init: written.init }),
        ...(storage === undefined ? {} : { storage }),
        definedAt: definedAt(place),
      };
    }
    case 'postgres':
      text('url', written.url);
      text('schema', written.schema);
      return {
        type: 'postgres',
        url: written.url,
        ...(written.schema === undefined ? {} : { schema: written.schema }),
        definedAt: definedAt(place),
      };
  }
}

/** A database file is inside of the repository, like every path; `:memory:` and what an expression yields are judged later. */
function databasePath(written: string, at: Place, resolving: Resolving): string {
  if (written === ':memory:' || hasExpression(written)) return written;
  return resolvePath(written, at, resolving) ?? written;
}

function resolveEnvironments(resolving: Resolving): Readonly<Record<string, EnvironmentDef>> {
  const { project } = resolving.definitions;
  const environments: Record<string, EnvironmentDef> = {
    local: { env: {}, connections: {} },
    production: { env: {}, connections: {} },
  };
  for (const name of ['local', 'production'] as const) {
    const written: (WrittenProductionEnvironment & WrittenLocalEnvironment) | undefined =
      project?.value.environments?.[name];
    if (written === undefined) continue;
    const place: Place = { document: project!, pointer: ['environments', name] };
    environments[name] = {
      ...(written.branches === undefined ? {} : { branches: written.branches }),
      ...(written.build_on_push === undefined ? {} : { buildOnPush: written.build_on_push }),
      env: resolveEnv(
        envEntries(written.env, () => below(place, 'env')),
        resolving,
      ),
      connections: Object.fromEntries(
        sortedEntries(written.connections ?? {}).flatMap(([connection, keys]) =>
          override(connection, keys, below(place, 'connections', connection), resolving),
        ),
      ),
    };
  }
  return environments;
}

const KEYS: Readonly<Record<Connection['type'], readonly string[]>> = {
  duckdb: ['path', 'extensions', 'init'],
  postgres: ['url', 'schema'],
};

function override(
  name: string,
  keys: WrittenConnectionOverride,
  place: Place,
  resolving: Resolving,
): [string, Readonly<Record<string, Json>>][] {
  if (!checkConnection(name, { ...place, what: 'key' }, resolving)) return [];
  const { type } = resolving.connections[name]!;
  const resolved: Record<string, Json> = {};
  for (const [key, value] of sortedEntries(keys as Readonly<Record<string, Json>>)) {
    const at = below(place, key);
    if (!KEYS[type].includes(key)) {
      resolving.findings.error(
        'wrong-connection-key',
        { ...at, what: 'key' },
        `\`${name}\` is a ${type} connection, which has no \`${key}\``,
        { help: `it has ${KEYS[type].map((one) => `\`${one}\``).join(', ')}` },
      );
      continue;
    }
    if (typeof value === 'string') checkTemplate(value, at, resolving);
    resolved[key] = key === 'path' && typeof value === 'string' ? databasePath(value, at, resolving) : value;
  }
  return [[name, resolved]];
}
