import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Asset, AssetKey, Project } from '../model/project.ts';
import type { MaterializationRecord } from '../model/state.ts';
import type { HeldOutcome, OutputFile, RestoreOutcome } from '../ports.ts';
import { type AppFailure, inputFailure, outsideFailure } from './failure.ts';
import { escapePattern, listOf } from './outputs.ts';
import { type PlanningProject, selectAssets } from './planning.ts';
import type { StateAt } from './state-reading.ts';
import { statusesOf } from './statuses.ts';
import type { OutputsOf } from './step-context.ts';

/** Published files of one asset. */
export interface AssetOutputs {
  readonly asset: Asset;
  readonly made: MaterializationRecord;
  /** In the order of their paths. */
  readonly files: readonly OutputFile[];
}

/** Published files of the assets that a selection names, by key; assets without files are left out. */
export function publishedOutputs(
  planning: PlanningProject,
  selection: string,
  { read }: StateAt,
): Result<readonly AssetOutputs[], AppFailure> {
  const { project } = planning;
  const selected = selectAssets(planning, selection, statusesOf(project, read.view));
  if (!selected.ok) return selected;
  const found = [...selected.value].sort(byText).flatMap((key) => outputsOf(project, read.view.assets, key));
  if (found.length > 0) return ok(found);
  return fail(
    inputFailure(
      'no-outputs',
      `\`${selection}\` selects no asset with published files.`,
      'An asset has files when it declares `outputs` and has been materialized in this environment (`--environment`).',
    ),
  );
}

function outputsOf(
  project: Project,
  records: StateAt['read']['view']['assets'],
  key: AssetKey,
): readonly AssetOutputs[] {
  const asset = project.assets[key];
  const made = records.get(key)?.materialized;
  const files = listOf(made?.files ?? {});
  return asset && made && files.length > 0 ? [{ asset, made, files }] : [];
}

export interface ListedOutputs extends AssetOutputs {
  /** In the order of the files: is each still to be had? */
  readonly held: readonly HeldOutcome[];
}

/** What is published, and whether the stores still have it. */
export async function listOutputs(
  outputs: OutputsOf,
  published: readonly AssetOutputs[],
): Promise<readonly ListedOutputs[]> {
  const listed: ListedOutputs[] = [];
  for (const one of published) listed.push({ ...one, held: await outputs(one.asset).holds(one.files) });
  return listed;
}

export interface FetchedFile {
  readonly asset: AssetKey;
  readonly file: OutputFile;
  readonly outcome: RestoreOutcome;
}

export interface FetchOptions {
  /** Files that are there already with other content are replaced. */
  readonly force: boolean;
  /** Told before each asset. */
  readonly onAsset: (asset: AssetKey, n: number) => void;
}

/**
 * Puts published files into a folder, each at its own path. Nothing is written when a file with other content is in the
 * way; what a store no longer has is told with all that was fetched.
 */
export async function fetchOutputs(
  outputs: OutputsOf,
  published: readonly AssetOutputs[],
  options: FetchOptions,
): Promise<Result<readonly FetchedFile[], AppFailure>> {
  const inTheWay = options.force ? [] : await differing(outputs, published);
  if (inTheWay.length > 0) {
    const more = inTheWay.length > 5 ? ` and ${inTheWay.length - 5} more` : '';
    const message = `Other files are in the way: ${inTheWay.slice(0, 5).join(', ')}${more}. Nothing was written.`;
    return fail(inputFailure('files-in-the-way', message, 'Name another folder, or replace them by `--force`.'));
  }
  const fetched: FetchedFile[] = [];
  for (const [n, { asset, files }] of published.entries()) {
    options.onAsset(asset.key, n);
    const outcomes = await outputs(asset).restore(files);
    for (const [i, file] of files.entries()) fetched.push({ asset: asset.key, file, outcome: outcomes[i]! });
  }
  return ok(fetched);
}

async function differing(outputs: OutputsOf, published: readonly AssetOutputs[]): Promise<string[]> {
  const found: string[] = [];
  for (const { asset, files } of published) {
    for (const file of files) {
      const there = await outputs(asset).find(escapePattern(file.path));
      if (there.ok && there.value.some(({ digest }) => digest !== file.digest)) found.push(file.path);
    }
  }
  return found;
}

/** What could not be fetched, as a refusal; undefined = everything could. */
export function fetchRefusal(fetched: readonly FetchedFile[]): AppFailure | undefined {
  const lines = fetched.flatMap(({ asset, file, outcome }) =>
    outcome.kind === 'lost'
      ? [`  ${file.path} (${asset}): ${outcome.message}`]
      : outcome.kind === 'refused'
        ? [`  ${file.path} (${asset}): its path leads out of the folder`]
        : [],
  );
  if (lines.length === 0) return undefined;
  const count = `${lines.length} of ${fetched.length} ${fetched.length === 1 ? 'file' : 'files'}`;
  return outsideFailure(
    'outputs-lost',
    [`${count} could not be fetched:`, ...lines.slice(0, 20)].join('\n'),
    '`branchline run` makes again what is lost, where it may.',
  );
}
