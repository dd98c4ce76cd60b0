import type { Asset, AssetKey, Job, Project, Schedule } from '../model/project.js';
import { type Place } from './findings.js';
import type { AssetDraft } from './resolve-assets.js';
import { type Resolving } from './resolving.js';
/** Something that has tags: a job, a schedule, an asset. */
export interface Tagged {
    readonly tags: Readonly<Record<string, string>>;
    /** Of an asset: the step that makes it, if one does. */
    readonly step?: string;
    /** Where a tag of it is written: of an asset maybe in its group, or in `defaults`. */
    readonly placeOf: (tag: string) => Place;
}
/** Reports tags of the engine whose value says nothing, or that nothing would obey. */
export declare function verifyTags(project: Pick<Project, 'operations'>, tagged: readonly Tagged[], { findings }: Resolving): void;
/** Reports limits on tags that no run can carry: runs have the tags of their job and schedule, and those of the engine. */
export declare function verifyLimits({ operations }: Pick<Project, 'operations'>, asking: readonly {
    readonly tags: Readonly<Record<string, string>>;
}[], assets: Readonly<Record<string, Pick<Asset, 'tags'>>>, { definitions, findings, broken }: Resolving): void;
/** Tags of jobs, schedules and assets with their places. */
export declare function taggedThings(jobs: Readonly<Record<string, Job>>, schedules: Readonly<Record<string, Schedule>>, drafts: ReadonlyMap<AssetKey, AssetDraft>, { definitions }: Resolving): Tagged[];
