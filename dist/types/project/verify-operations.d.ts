import type { Asset, Job, Project, Schedule } from '../model/project.js';
import { type Place } from './findings.js';
import { type Resolving } from './resolving.js';
/** Reports tags of the engine whose value says nothing, or that nothing would obey. */
export declare function verifyTags(project: Pick<Project, 'operations'>, tagged: readonly {
    readonly tags: Readonly<Record<string, string>>;
    readonly place: Place;
}[], { findings }: Resolving): void;
/** Reports limits on tags that no run can carry: runs have the tags of their job and schedule, and those of the engine. */
export declare function verifyLimits({ operations }: Pick<Project, 'operations'>, asking: readonly {
    readonly tags: Readonly<Record<string, string>>;
}[], assets: Readonly<Record<string, Pick<Asset, 'tags'>>>, { definitions, findings, broken }: Resolving): void;
/** Tags of jobs, schedules and assets with their places. */
export declare function taggedThings(jobs: Readonly<Record<string, Job>>, schedules: Readonly<Record<string, Schedule>>, assets: Readonly<Record<string, Pick<Asset, 'tags'>>>, { definitions }: Resolving): {
    readonly tags: Readonly<Record<string, string>>;
    readonly place: Place;
}[];
