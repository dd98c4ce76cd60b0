import { absentDagsterTags, engineTags, ownTag } from '../manifest/engine-tags.ts';
import type { Asset, Job, Project, Schedule } from '../model/project.ts';
import { otherSpelling } from '../model/tags.ts';
import { below, keyOf, type Place } from './findings.ts';
import { didYouMean, type Resolving } from './resolving.ts';

/** Reports tags of the engine whose value says nothing, or that nothing would obey. */
export function verifyTags(
  project: Pick<Project, 'operations'>,
  tagged: readonly { readonly tags: Readonly<Record<string, string>>; readonly place: Place }[],
  { findings }: Resolving,
): void {
  for (const { tags, place } of tagged) {
    for (const [tag, value] of Object.entries(tags)) {
      const name = /^(?:branchline|dagster)\/(.+)$/.exec(tag)?.[1];
      if (name === undefined) continue;
      const at = below(place, 'tags', tag);
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
      if (problem !== undefined) findings.warning('odd-tag', at, `\`${tag}: ${value}\`: ${problem}`);
      else if (/retr/.test(name) && !project.operations.retries.enabled)
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

function tagProblem(name: string, value: string): string | undefined {
  const text = value.trim();
  switch (name) {
    case 'priority':
      return /^[+-]?\d{1,15}$/.test(text) ? undefined : 'a priority is a whole number; this one counts as 0';
    case 'max_retries':
      return /^\d{1,9}$/.test(text) ? undefined : 'it is a whole number from 0; with this one no run is tried again';
    case 'max_runtime':
      return /^[1-9]\d{0,9}$/.test(text) ? undefined : 'it is a whole number of seconds; this one sets no limit';
    case 'retry_strategy':
      return text === 'FROM_FAILURE' || text === 'ALL_STEPS'
        ? undefined
        : 'it is `FROM_FAILURE` or `ALL_STEPS`; this one changes nothing';
    case 'retry_on_asset_or_op_failure':
      return text === 'true' || text === 'false' ? undefined : 'it is `true` or `false`; this one changes nothing';
    default:
      return undefined;
  }
}

/** Tags of jobs, schedules and assets with their places. */
export function taggedThings(
  jobs: Readonly<Record<string, Job>>,
  schedules: Readonly<Record<string, Schedule>>,
  assets: Readonly<Record<string, Pick<Asset, 'tags'>>>,
  { definitions }: Resolving,
): { readonly tags: Readonly<Record<string, string>>; readonly place: Place }[] {
  const placed = (
    values: Readonly<Record<string, { readonly tags: Readonly<Record<string, string>> }>>,
    places: ReadonlyMap<string, { readonly place: Place }>,
  ) =>
    Object.entries(values).flatMap(([name, { tags }]) => {
      const place = places.get(name)?.place;
      return place === undefined ? [] : [{ tags, place }];
    });
  return [
    ...placed(jobs, definitions.jobs),
    ...placed(schedules, definitions.schedules),
    ...placed(assets, definitions.assets),
  ];
}
