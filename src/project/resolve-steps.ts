import { sortedUnique } from '../base/order.ts';
import type { WrittenMultiAsset } from '../manifest/generated/written.ts';
import type { PartitionsDef } from '../model/partitions.ts';
import type { Action, StepDef } from '../model/project.ts';
import type { WrittenDep } from './asset-deps.ts';
import { resolveConnection } from './asset-table.ts';
import type { Definition } from './definitions.ts';
import { below, definedAt, type Place } from './findings.ts';
import { shellWords } from './fingerprint.ts';
import { globMatcher, isPattern } from './glob.ts';
import { type AssetKeys, actionOf, type Found, type Layer, layersOf, lookup, merged } from './layers.ts';
import { nearestFile, projectPath } from './paths.ts';
import { type AssetDraft, resolveSpec } from './resolve-assets.ts';
import { defaultPoolLimit, resolveBackfillPolicy, resolveRetryPolicy } from './resolve-operations.ts';
import { resolvePartitions } from './resolve-partitions.ts';
import {
  checkScript,
  didYouMean,
  type Resolving,
  resolveDuration,
  resolveEnv,
  resolveFile,
  resolvePath,
} from './resolving.ts';
import { resolveSecrets } from './secrets.ts';
import { hintAtSlippedKeys } from './slipped-keys.ts';

/** The step of an asset that is made by itself; undefined when it is external or nothing makes it. */
export function resolveStep(draft: AssetDraft, resolving: Resolving): StepDef | undefined {
  const { asset, layers, sql } = draft;
  const made = actionOf(layers);
  if (asset.step === undefined || made === undefined) return undefined;
  const action: Action | undefined = made.words.includes('sql')
    ? sql && {
        kind: 'sql',
        text: sql.source.text,
        ...(sql.source.file === undefined ? {} : { file: sql.source.file }),
        startsAt: sql.source.startsAt,
      }
    : resolveScript(layers, made.layer, resolving);
  if (action === undefined) return undefined;
  return {
    name: asset.key,
    assets: [asset.key],
    action,
    ...stepKeys(layers, asset, draft.place, resolving),
    canSubset: false,
  };
}

/** A multi-asset: its step, and its assets. */
export function resolveMultiAsset(
  definition: Definition<WrittenMultiAsset>,
  resolving: Resolving,
): { readonly step: StepDef; readonly drafts: readonly AssetDraft[] } {
  const { definitions, findings } = resolving;
  const specs = [...definitions.specs.values()].filter((spec) => spec.multiAsset === definition.name);
  if (Object.keys(definition.value.specs).length === 0) {
    findings.error('empty-multi-asset', below(definition.place, 'specs'), `\`${definition.name}\` makes no asset`, {
      help: 'name its assets under `specs:`',
    });
  }
  const groups = sortedUnique(specs.map((spec) => lookup(layersOf(spec, definitions), 'group')?.value ?? ''));
  // Only a group that all of its assets share can speak for the step.
  const shared = groups.length === 1 && groups[0] !== '' ? { group: groups[0]! } : { group: null };
  const own: Definition<AssetKeys> = { ...definition, value: { ...stepKeysOf(definition.value), ...shared } };
  const layers = layersOf(own, definitions);
  const connection = resolveConnection(layers, resolving);
  const deps = definition.value.deps ?? [];
  const sharedDeps = deps.map(
    (value, index) =>
      ({ value, layer: layers[0]!, place: below(definition.place, 'deps', index) }) satisfies Found<WrittenDep>,
  );
  const partitions = lookup(layers, 'partitions');
  const cut = partitions && resolvePartitions(partitions.value, partitions.place, resolving);
  const drafts = specs.map((spec) =>
    resolveSpec(
      spec,
      { ...(connection === undefined ? {} : { connection }), ...(cut ? { partitions: cut } : {}), deps: sharedDeps },
      resolving,
    ),
  );
  const action = resolveScript(layers, layers[0]!, resolving);
  const keys = stepKeys(layers, { connection, partitions: cut }, definition.place, resolving);
  const step = {
    name: definition.name,
    assets: drafts.map(({ asset }) => asset.key),
    action,
    ...keys,
    canSubset: definition.value.can_subset === true,
  };
  return { step, drafts };
}

function stepKeysOf({ specs: _, can_subset: __, ...keys }: WrittenMultiAsset): AssetKeys {
  return keys;
}

function stepKeys(
  layers: readonly Layer[],
  {
    connection,
    partitions,
  }: { readonly connection?: string | undefined; readonly partitions?: PartitionsDef | undefined },
  place: Place,
  resolving: Resolving,
) {
  const env = merged(layers, 'env');
  const timeout = lookup(layers, 'timeout');
  const retries = lookup(layers, 'retry_policy');
  const pool = resolvePool(layers, resolving);
  const runner = resolveRunner(layers, resolving);
  const timeoutMs = timeout && resolveDuration(timeout.value, timeout.place, resolving);
  return {
    ...(connection === undefined ? {} : { connection }),
    code: resolveCode(layers, resolving),
    env: resolveEnv(env, resolving),
    secrets: resolveSecrets(lookup(layers, 'secrets'), [...env.values()], resolving),
    oidc: lookup(layers, 'oidc')?.value === true,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retries === undefined ? {} : { retryPolicy: resolveRetryPolicy(retries.value, retries.place, resolving) }),
    ...(pool === undefined ? {} : { pool }),
    ...(runner === undefined ? {} : { runner }),
    ...(partitions === undefined ? {} : { partitions }),
    backfillPolicy: resolveBackfillPolicy(lookup(layers, 'backfill_policy')?.value),
    definedAt: definedAt(place),
  };
}

/** The name of a pool. Reports one that has no limit, be it its own or the default: it would limit nothing. */
function resolvePool(layers: readonly Layer[], { definitions, findings, broken }: Resolving): string | undefined {
  const found = lookup(layers, 'pool');
  if (found === undefined) return undefined;
  const { pools } = definitions.project?.value ?? {};
  const known = Object.keys(pools ?? {});
  if (known.includes(found.value) || defaultPoolLimit(definitions.project?.value) !== undefined) return found.value;
  // A limit that could not be read was told where it stands.
  if (definitions.project !== undefined && broken.at({ document: definitions.project, pointer: ['pools'] }))
    return undefined;
  findings.error('unknown-pool', found.place, `there is no pool \`${found.value}\``, {
    help: didYouMean(found.value, known) ?? `say how many at once in branchline.yaml: \`pools: { ${found.value}: 1 }\``,
  });
  return undefined;
}

/** The name of a machine. Reports one that is not there. */
function resolveRunner(layers: readonly Layer[], { definitions, findings }: Resolving): string | undefined {
  const found = lookup(layers, 'runner');
  if (found === undefined) return undefined;
  const known = Object.keys(definitions.project?.value.runners ?? {});
  if (known.includes(found.value)) return found.value;
  findings.error('unknown-runner', found.place, `there is no runner \`${found.value}\``, {
    help:
      didYouMean(found.value, known) ??
      `say in branchline.yaml which machine it is: \`runners: { ${found.value}: { runs-on: ubuntu-latest } }\``,
  });
  return undefined;
}

/** `run` with its shell and folder, each from its nearest layer. */
function resolveScript(layers: readonly Layer[], from: Layer, resolving: Resolving): Action {
  const run = from.keys.run ?? '';
  const at = below(from.place, 'run');
  checkScript(run, at, resolving);
  const folder = lookup(layers, 'working-directory');
  const workingDirectory = folder && resolveFolder(folder.value, folder.place, resolving);
  hintAtSlippedKeys(run, at, lookup(layers, 'shell')?.value ?? 'bash', resolving);
  hintAtModule(run, at, layers, resolving);
  if (workingDirectory === undefined) hintAtMissingScript(run, at, resolving);
  return {
    kind: 'run',
    run,
    shell: lookup(layers, 'shell')?.value ?? 'bash',
    ...(workingDirectory ? { workingDirectory } : {}),
  };
}

/** A folder inside of the repository. One that is not there may be made by another step: a warning. */
export function resolveFolder(written: string, at: Place, resolving: Resolving): string | undefined {
  const path = resolvePath(written, at, resolving);
  if (path === undefined || path === '') return undefined;
  const kind = resolving.tree.kind(path);
  if (kind === 'file') resolving.findings.error('missing-file', at, `\`${path}\` is a file, and a folder is needed`);
  if (kind === 'missing') resolving.findings.warning('missing-folder', at, `there is no folder \`${path}\` now`);
  return path;
}

function hintAtModule(run: string, at: Place, layers: readonly Layer[], { findings }: Resolving): void {
  const module = /\bpython[0-9.]*\s+(?:-[A-Za-z]+\s+)*-m\s+([A-Za-z0-9_.]+)/.exec(run)?.[1];
  if (module === undefined || lookup(layers, 'code') !== undefined) return;
  const folder = module.split('.')[0]!;
  findings.warning(
    'python-module-code',
    at,
    `\`python -m ${module}\` names no file, so a change of its code makes nothing stale`,
    {
      help: `say which files it is made of: \`code: ["${folder}/**"]\``,
    },
  );
}

const INTERPRETER = /^(python[0-9.]*|bash|sh|node|Rscript|ruby|perl)$/;

/** A script file that an interpreter is given and that is not there. A step before may make it: a warning. */
export function hintAtMissingScript(run: string, at: Place, { tree, findings }: Resolving): void {
  if (/(^|[\s;&|(])(cd|pushd)\s/.test(run)) return;
  const words = shellWords(run);
  for (const [index, word] of words.entries()) {
    if (!INTERPRETER.test(words[index - 1] ?? '') || !/^[\w./-]+\.(py|sh|js|mjs|ts|R|rb|pl)$/.test(word)) continue;
    const path = projectPath(word.replace(/^(\.\/)+/, ''), '');
    if (path === undefined || tree.kind(path) !== 'missing') continue;
    const near = nearestFile(path, tree.files());
    findings.warning('missing-file', at, `there is no file \`${path}\` now`, {
      help: near === undefined ? 'words of `run` are read from the project’s root' : `did you mean \`${near}\`?`,
    });
  }
}

function resolveCode(layers: readonly Layer[], resolving: Resolving): readonly string[] {
  const found = lookup(layers, 'code');
  const paths: string[] = [];
  for (const [index, written] of (found?.value ?? []).entries()) {
    const path = resolveCodePath(written, below(found!.place, index), resolving);
    if (path !== undefined) paths.push(path);
  }
  return sortedUnique(paths);
}

function resolveCodePath(written: string, at: Place, resolving: Resolving): string | undefined {
  const { tree, findings } = resolving;
  if (!isPattern(written)) {
    const folder = projectPath(written, at.document.path);
    if (folder === undefined || tree.kind(folder) !== 'directory') return resolveFile(written, at, resolving);
    findings.error('missing-file', at, `\`${folder}\` is a folder`, {
      help: `write \`${written.replace(/\/+$/, '')}/**\` for all that is in it`,
    });
    return undefined;
  }
  const path = resolvePath(written, at, resolving);
  if (path === undefined) return undefined;
  const matches = globMatcher(path);
  if (!tree.files().some(matches)) findings.warning('no-file-matches', at, `no file matches \`${path}\``);
  return path;
}
