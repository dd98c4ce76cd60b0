import { base32DigestOf } from '../base/digest.ts';
import { nearestWord } from '../base/nearest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { engineTags } from '../manifest/engine-tags.ts';
import type { BackfillRequested } from '../model/events.ts';
import { BACKFILL_PREFIX } from '../model/ids.ts';
import { type EpochMs, timestamp, utcDay } from '../model/instant.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { estimateChunks } from '../plan/backfill-estimate.ts';
import { type BackfillPlan, backfillRoots, planBackfill } from '../plan/backfill-plan.ts';
import { tooLongGroup } from '../plan/backfill-units.ts';
import { openPartitionReader, type PartitionReader, partitionName } from '../plan/partitioned.ts';
import type { BackfillPreview } from '../render/backfill-text.ts';
import type { PlanPrice } from '../render/plan-text.ts';
import { narrowByDimension } from '../time/partitions/dimensions.ts';
import { selectKeys } from '../time/partitions/keys.ts';
import { sameDefinition, WHOLE } from '../time/partitions/mapping.ts';
import { type AppFailure, inputFailure } from './failure.ts';
import { emptySelection, keysAt, type PlanningProject, selectAssets } from './planning.ts';
import { statusesOf } from './statuses.ts';

/** What a person asks of a backfill. */
export interface BackfillOptions {
  readonly select: string;
  /** Keys, ranges, `all`, `missing` or `failed`, separated by commas. */
  readonly partitions?: string;
  readonly reason?: string;
  readonly priority?: string;
  /** `name=value`. */
  readonly tags?: readonly string[];
}

/** A backfill as it would be recorded, with what it means now. */
export interface AskedBackfill {
  readonly draft: Omit<BackfillRequested, 'id' | 'v'>;
  readonly plan: BackfillPlan;
  /** Partitions that it reads, nothing makes and nothing has made: what reads them will be left out. */
  readonly unmade: readonly string[];
}

/** Runs of backfills let others pass (semantics.md 5). */
const PRIORITY = '-1';
const NOTHING = 'Nothing was queued.';

/** What tells backfills apart: bits of a command line, or a workflow run with all its attempts. */
export type BackfillIdentity = { readonly nonce: string } | { readonly workflow: string };

/** `bf-20261122-ptq7w2l5kx`: the same request delivered again is the same backfill. */
export function backfillId(identity: BackfillIdentity, at: EpochMs): string {
  const day = 'workflow' in identity ? '' : `${utcDay(timestamp(at)).replaceAll('-', '')}-`;
  return `${BACKFILL_PREFIX}${day}${base32DigestOf({ kind: 'backfill', ...identity }, 10)}`;
}

/** Settles what a backfill makes, on a state that holds the partitions of its assets; refuses what cannot be meant. */
export function askBackfill(
  planning: PlanningProject,
  view: StateView,
  now: EpochMs,
  { options, id }: { readonly options: BackfillOptions; readonly id: string },
): Result<AskedBackfill, AppFailure> {
  const { project } = planning;
  const tags = tagsOf(options, id);
  if (!tags.ok) return tags;
  const selection = selectAssets(planning, options.select, statusesOf(project, view));
  if (!selection.ok) return selection;
  if (selection.value.size === 0) return fail(emptySelection(planning, options.select));
  const selected = withSiblings(project, selection.value);
  if (selected.size === 0)
    return fail(
      inputFailure(
        'backfill-of-nothing',
        `\`${options.select}\` selects only what others make (external assets).`,
        NOTHING,
      ),
    );
  const roots = backfillRoots(project, selected);
  const reader = openPartitionReader(project, view, keysAt(view, now));
  const keys = keysOfRoots(project, reader, roots, options.partitions);
  if (!keys.ok) return keys;
  const def = project.assets[roots[0]!]?.partitions;
  const plan = planBackfill(project, reader, {
    selected,
    // Keys are not passed on by what has none: what is cut in another way and reads nothing that is cut is made whole.
    keys: (asset) => (sameDefinition(project.assets[asset]?.partitions, def) ? keys.value : reader.keysOf(asset)),
  });
  const tooLong = tooLongGroup(plan.groups);
  if (tooLong) return fail(stepTooLong(project, tooLong));
  return ok({
    draft: {
      type: 'backfill.requested',
      at: timestamp(now),
      backfill: id,
      selection: options.select,
      partitions: options.partitions?.trim() ?? '',
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      tags: tags.value,
      groups: plan.groups,
    },
    plan,
    unmade: unmadeUpstreams(project, view, reader, plan),
  });
}

function stepTooLong(
  project: Project,
  { assets, bytesMax }: { readonly assets: readonly AssetKey[]; readonly bytesMax: number },
): AppFailure {
  const step = project.assets[assets[0]!]?.step;
  return inputFailure(
    'backfill-step-too-long',
    `The step ${step} makes ${assets.length} assets at once, and their names are over ${bytesMax / 1024} KiB: the record of its run has no room for them.`,
    `Write several steps, or shorter names; with \`can_subset: true\` a step may make its assets in several runs. ${NOTHING}`,
  );
}

/** What a backfill would do, run by run, with what it takes by history. */
export function previewOf(
  project: Project,
  view: StateView,
  { draft, plan, unmade }: AskedBackfill,
  price?: PlanPrice,
): BackfillPreview {
  return {
    backfill: draft.backfill,
    chunks: plan.chunks,
    partitions: [...plan.targets.values()].reduce((sum, keys) => sum + keys.length, 0),
    work: estimateChunks(project, view, plan.chunks),
    ...(price === undefined ? {} : { price }),
    unmade,
  };
}

/** What a backfill can make of a selection: without external assets, multi-assets that make all or none whole. */
function withSiblings(project: Project, selection: ReadonlySet<AssetKey>): ReadonlySet<AssetKey> {
  const selected = new Set<AssetKey>();
  for (const key of selection) {
    const name = project.assets[key]?.step;
    if (project.assets[key]?.external || name === undefined) continue;
    const step = project.steps[name]!;
    for (const asset of step.canSubset ? [key] : step.assets) selected.add(asset);
  }
  return selected;
}

/** Keys of the roots, which have to share one definition. */
function keysOfRoots(
  project: Project,
  reader: PartitionReader,
  roots: readonly AssetKey[],
  text: string | undefined,
): Result<readonly string[], AppFailure> {
  const [first] = roots;
  const def = project.assets[first!]?.partitions;
  const others = roots.filter((root) => !sameDefinition(project.assets[root]?.partitions, def));
  if (others.length > 0)
    return fail(
      inputFailure(
        'backfill-definitions',
        `The keys are those of the roots of the selection, and these are not cut alike: ${roots
          .slice(0, 6)
          .map((root) => rootText(project, root))
          .join(', ')}${roots.length > 6 ? ` and ${roots.length - 6} more` : ''}.`,
        `Ask for a backfill of each: what is downstream follows by itself (\`key:${first}+\`). ${NOTHING}`,
      ),
    );
  if (def === undefined) {
    if (text === undefined || text.trim() === '') return ok([WHOLE]);
    return fail(
      inputFailure(
        'no-partitions',
        `${first} has no partitions, and \`${text.trim()}\` names some.`,
        `Leave \`--partitions\` away: what is downstream of it is made by the mappings. ${NOTHING}`,
      ),
    );
  }
  const all = reader.keysOf(first!);
  if (all.length === 0)
    return fail(
      inputFailure(
        'partitions-none',
        `${first} has no partitions yet.`,
        'Add keys by `branchline partitions add`, or look at `start:` of its partitions.',
      ),
    );
  if (text === undefined || text.trim() === '')
    return fail(
      inputFailure(
        'partitions-needed',
        `${first} has partitions (${all[0]} to ${all.at(-1)}), and the backfill names none.`,
        `Say which: \`--partitions <key>\`, a range \`<first>...<last>\`, \`all\`, \`missing\` or \`failed\`. ${NOTHING}`,
      ),
    );
  return chosenKeys(reader, roots, text);
}

function rootText(project: Project, root: AssetKey): string {
  const def = project.assets[root]?.partitions;
  const name = Object.entries(project.partitions).find(([, known]) => sameDefinition(known, def))?.[0];
  return `${root} (${def === undefined ? 'no partitions' : (name ?? def.kind)})`;
}

function chosenKeys(
  reader: PartitionReader,
  roots: readonly AssetKey[],
  asked: string,
): Result<readonly string[], AppFailure> {
  const narrowed = narrowByDimension(reader.partitionsOf(roots[0]!), reader.keysOf(roots[0]!), asked);
  if (!narrowed.ok)
    return fail(inputFailure('unknown-partition', narrowed.error.map(({ message }) => message).join('\n'), NOTHING));
  const { keys: all, text } = narrowed.value;
  const isKey = new Set(all);
  const chosen = new Set<string>();
  const written: string[] = [];
  // A key may hold a comma; one that is called `missing` is that key.
  const parts = isKey.has(text.trim()) ? [text.trim()] : text.split(/[,\n]/).map((part) => part.trim());
  for (const part of parts) {
    if (isKey.has(part) || (part !== 'missing' && part !== 'failed')) written.push(part);
    else for (const key of all) if (roots.some((root) => isAsked(reader, root, key, part))) chosen.add(key);
  }
  if (written.some((part) => part !== '')) {
    const keys = selectKeys(all, written.length === 1 ? written[0]! : written.join(','));
    if (!keys.ok)
      return fail(inputFailure('unknown-partition', keys.error.map(({ message }) => message).join('\n'), NOTHING));
    for (const key of keys.value) chosen.add(key);
  }
  if (chosen.size > 0) return ok(all.filter((key) => chosen.has(key)));
  const state = parts.includes('failed') ? (parts.includes('missing') ? 'missing or failed' : 'failed') : 'missing';
  return fail(
    inputFailure(
      'backfill-of-nothing',
      `No partition of ${roots.slice(0, 3).join(', ')} is ${state} (${all.length} looked at).`,
      `${NOTHING} \`--partitions all\` makes them again.`,
    ),
  );
}

/** `missing`: never made; `failed`: the newest attempt failed, whether or not there is older data. */
function isAsked(reader: PartitionReader, root: AssetKey, key: string, state: 'missing' | 'failed'): boolean {
  const record = reader.record(root, key);
  return state === 'failed' ? record?.failed !== undefined : record?.materialized === undefined;
}

function tagsOf(options: BackfillOptions, id: string): Result<Readonly<Record<string, string>>, AppFailure> {
  const tags: Record<string, string> = {};
  for (const tag of options.tags ?? []) {
    const [name = '', ...rest] = tag.split('=');
    const own = /^(?:branchline|dagster)\/(.*)$/.exec(name)?.[1];
    if (rest.length === 0 || name.trim() === '')
      return fail(inputFailure('tag', `\`--tag ${tag}\` is not \`name=value\`.`, NOTHING));
    if (own !== undefined && !engineTags.includes(own)) {
      const near = nearestWord(own, engineTags);
      return fail(
        inputFailure(
          'tag',
          `There is no tag \`${name}\` to give${near === undefined ? '' : `; did you mean \`branchline/${near}\`?`}`,
          `Tags that begin with \`branchline/\` belong to the engine. ${NOTHING}`,
        ),
      );
    }
    tags[own === undefined ? name : `branchline/${own}`] = rest.join('=');
  }
  const priority = options.priority ?? tags['branchline/priority'] ?? PRIORITY;
  if (!/^[+-]?\d{1,15}$/.test(priority.trim()))
    return fail(
      inputFailure(
        'priority',
        `The priority \`${priority}\` is no whole number.`,
        `\`--priority 5\` goes before 0, which is what runs have that say nothing, and \`--priority ${PRIORITY}\` after it, as backfills do. ${NOTHING}`,
      ),
    );
  return ok({ ...tags, 'branchline/priority': String(Number(priority)), 'branchline/backfill': id });
}

/** Upstream partitions outside of the backfill that were never made. */
function unmadeUpstreams(
  project: Project,
  view: StateView,
  reader: PartitionReader,
  { targets }: BackfillPlan,
): readonly string[] {
  const unmade = new Set<string>();
  for (const [asset, keys] of targets) {
    for (const dep of project.assets[asset]?.deps ?? []) {
      if (project.assets[dep]?.external) continue;
      const made = new Set(targets.get(dep) ?? []);
      if (project.assets[dep]?.partitions === undefined) {
        if (!made.has(WHOLE) && view.assets.get(dep)?.materialized === undefined) unmade.add(dep);
        continue;
      }
      const isWhole = project.assets[asset]?.partitions === undefined;
      const read = isWhole ? [] : reader.read(asset, dep, keys).missing;
      for (const key of read) if (!made.has(key)) unmade.add(partitionName(dep, key));
    }
  }
  return [...unmade];
}
