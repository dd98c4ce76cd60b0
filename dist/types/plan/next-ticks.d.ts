import type { EpochMs } from '../model/instant.js';
import type { Project } from '../model/project.js';
/** The next tick of every schedule after an instant, soonest first; `tick` is absent when none comes in forty years. */
export declare function nextTicks(project: Pick<Project, 'schedules'>, now: EpochMs): readonly {
    readonly schedule: string;
    readonly timezone: string;
    readonly tick?: EpochMs;
}[];
