import { engineTags } from '../manifest/planned-keys.ts';
import type { Asset, Job, Project, Schedule } from '../model/project.ts';
import { below, keyOf, type Place } from './findings.ts';
import type { Resolving } from './resolving.ts';

/** Reports tags of the engine whose value says nothing, or that nothing would obey. */
export function verifyTags(
  project: Pick<Project, 'operations'>,
  tagged: readonly { readonly tags: Readonly<Record<string, string>>; readonly place: Place }[],
  { findings }: Resolving,
): void {
  for (const { tags, place } of tagged) {
    for (const [tag, value] of Object.entries(tags)) {
      const name = /^(?:branchline|dagster)\/(.+)$/.exec(tag)?.[1];
      if (name === undefined || !engineTags.includes(name)) continue;
      const at = below(place, 'tags', tag);
      const problem = tagProblem(name, value);
      if (problem !== undefined) findings.warning('odd-tag', at, `\`${tag}: ${value}\`: ${problem}`);
      else if (/retr/.test(name) && !project.operations.retries.enabled)
        findings.warning('key-without-effect', keyOf(at), `\`${tag}\` does nothing: retries of runs are switched off`, {
          help: 'write `run_retries: { enabled: true }` in branchline.yaml',
        });
    }
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
