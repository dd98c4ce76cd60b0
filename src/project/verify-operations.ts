import { absentDagsterTags, engineTags, ownTag } from '../manifest/engine-tags.ts';
import type { Asset, AssetKey, Job, Project, Schedule } from '../model/project.ts';
import { otherSpelling } from '../model/tags.ts';
import { below, keyOf, type Place } from './findings.ts';
import { merged } from './layers.ts';
import type { AssetDraft } from './resolve-assets.ts';
import { didYouMean, type Resolving } from './resolving.ts';

/** Something that has tags: a job, a schedule, an asset. */
export interface Tagged {
  readonly tags: Readonly<Record<string, string>>;
  /** Of an asset: the step that makes it, if one does. */
  readonly step?: string;
  /** Where a tag of it is written: of an asset maybe in its group, or in `defaults`. */
  readonly placeOf: (tag: string) => Place;
}

/** Reports tags of the engine whose value says nothing, or that nothing would obey. */
export function verifyTags(
  project: Pick<Project, 'operations'>,
  tagged: readonly Tagged[],
  { findings }: Resolving,
): void {
  for (const { tags, placeOf } of tagged) {
    for (const [tag, value] of Object.entries(tags)) {
      const name = /^(?:branchline|dagster)\/(.+)$/.exec(tag)?.[1];
      if (name === undefined) continue;
      const at = placeOf(tag);
      if (!engineTags.includes(name)) {
        findings.warning('key-without-effect', keyOf(at), `\`${tag}\` does nothing here`, { help: insteadOf(name) });
        continue;
      }
      const twin = otherSpelling(tag)!;
      if (tag.startsWith('dagster/') && Object.hasOwn(tags, twin) && tags[twin]!.trim() !== value.trim())
        findings.error(
          'conflict',
          keyOf(at),
          `\`${tag}\` and \`${twin}\` are one tag, and say \`${value}\` and \`${tags[twin]}\``,
          {
            help: 'keep the one that is meant',
          },
        );
      const problem = tagProblem(name, value);
      if (problem !== undefined) {
        // Ours is a mistake that somebody has just written; what is pasted does what it did.
        const severity = problem.isMistake && tag.startsWith('branchline/') ? 'error' : 'warning';
        findings[severity]('odd-tag', at, `\`${tag}: ${value}\`: ${problem.message}`, { help: problem.help });
      } else if (/retr/.test(name) && !project.operations.retries.enabled)
        findings.warning('key-without-effect', keyOf(at), `\`${tag}\` does nothing: retries of runs are switched off`, {
          help: 'write `run_retries: { enabled: true }` in branchline.yaml',
        });
    }
  }
}

/** What to write instead of a tag of Dagster's that the engine does not know. */
function insteadOf(name: string): string {
  if (Object.hasOwn(absentDagsterTags, name)) return absentDagsterTags[name]!;
  if (name.startsWith('kind/')) return `write \`kinds: [${name.slice('kind/'.length)}]\``;
  return (
    didYouMean(
      `dagster/${name}`,
      engineTags.map((each) => `dagster/${each}`),
    ) ?? 'remove it, or name it without `dagster/` if it is a tag of yours'
  );
}

/** Reports limits on tags that no run can carry: runs have the tags of their job and schedule, and those of the engine. */
export function verifyLimits(
  { operations }: Pick<Project, 'operations'>,
  asking: readonly { readonly tags: Readonly<Record<string, string>> }[],
  assets: Readonly<Record<string, Pick<Asset, 'tags'>>>,
  { definitions, findings, broken }: Resolving,
): void {
  const { project } = definitions;
  if (project === undefined || !broken.isNothing) return;
  const carried = new Set(asking.flatMap(({ tags }) => Object.keys(tags).map(ownTag)));
  const known = [...carried];
  const section = project.value.run_queue === undefined ? ['concurrency', 'runs'] : ['run_queue'];
  for (const [index, { key }] of operations.queue.tagLimits.entries()) {
    if (key.startsWith('branchline/') || carried.has(key)) continue;
    carried.add(key);
    const isOnAssets = Object.values(assets).some(({ tags }) => Object.hasOwn(tags, key));
    findings.warning(
      'key-without-effect',
      { document: project, pointer: [...section, 'tag_concurrency_limits', index, 'key'] },
      `this limit counts nothing yet: no job and no schedule has the tag \`${key}\``,
      {
        help: isOnAssets
          ? 'tags of assets are not tags of runs: give the tag to a job, or limit the steps by `pool`'
          : (didYouMean(key, known) ?? `give it to those that it is for: \`tags: { ${key}: … }\` of a job or schedule`),
      },
    );
  }
}

/** What a tag of the engine may say: one of some words, or a number. */
interface TagValues {
  readonly words?: readonly string[];
  readonly fits?: RegExp;
  /** What is wrong with any other value, and what comes of it. */
  readonly message: string;
  /** What to write, where no word is near. */
  readonly help: string;
  /** Nothing is run until it is mended: it would be worked off in another order than was meant. */
  readonly isMistake?: true;
}

const TAG_VALUES: Readonly<Record<string, TagValues>> = {
  priority: {
    fits: /^[+-]?\d{1,15}$/,
    message: 'a priority is a whole number; this one counts as 0',
    help: 'write a whole number: `"5"` goes before `"0"`, which is what runs have that say nothing, and `"-1"` after it',
    isMistake: true,
  },
  max_retries: {
    fits: /^\d{1,9}$/,
    message: 'it is a whole number from 0; with this one no run is tried again',
    help: 'write how often a run is tried again: `"3"`',
  },
  max_runtime: {
    fits: /^[1-9]\d{0,9}$/,
    message: 'it is a whole number of seconds; this one sets no limit',
    help: 'write seconds: `"3600"` is an hour',
  },
  retry_strategy: {
    words: ['FROM_FAILURE', 'ALL_STEPS'],
    message: 'it is `FROM_FAILURE` or `ALL_STEPS`; this one changes nothing',
    help: 'write `FROM_FAILURE` to keep what succeeded, `ALL_STEPS` to make everything again',
  },
  retry_on_asset_or_op_failure: {
    words: ['true', 'false'],
    message: 'it is `true` or `false`; this one changes nothing',
    help: 'write `"true"`, or `"false"` to try only what the machine lost again',
  },
};

function tagProblem(name: string, value: string): Pick<TagValues, 'message' | 'help' | 'isMistake'> | undefined {
  const values = TAG_VALUES[name];
  const text = value.trim();
  if (values === undefined || values.words?.includes(text) || values.fits?.test(text)) return undefined;
  return { ...values, help: nearestOf(text, values.words ?? []) ?? values.help };
}

/** Of few words also a part of just one means that one: `ALL` is `ALL_STEPS`. */
function nearestOf(text: string, words: readonly string[]): string | undefined {
  const [only, ...others] = words.filter((word) => word.toLowerCase().includes(text.toLowerCase()));
  const near = only !== undefined && others.length === 0 && text !== '' ? only : undefined;
  return near === undefined ? didYouMean(text, words) : `did you mean \`${near}\`?`;
}

/** Tags of jobs, schedules and assets with their places. */
export function taggedThings(
  jobs: Readonly<Record<string, Job>>,
  schedules: Readonly<Record<string, Schedule>>,
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  { definitions }: Resolving,
): Tagged[] {
  const placed = (
    values: Readonly<Record<string, Pick<Tagged, 'tags'>>>,
    places: ReadonlyMap<string, { readonly place: Place }>,
  ) =>
    Object.entries(values).flatMap(([name, { tags }]) => {
      const place = places.get(name)?.place;
      return place === undefined ? [] : [{ tags, placeOf: (tag: string) => below(place, 'tags', tag) }];
    });
  const ofAsset = ({ asset: { tags, step = '' }, layers, place }: AssetDraft): Tagged => {
    const placeOf = (tag: string) => merged(layers, 'tags').get(tag)?.place ?? below(place, 'tags', tag);
    return { tags, step, placeOf };
  };
  return [
    ...placed(jobs, definitions.jobs),
    ...placed(schedules, definitions.schedules),
    ...[...drafts.values()].map(ofAsset),
  ];
}
