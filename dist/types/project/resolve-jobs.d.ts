import type { WrittenJob, WrittenSchedule, WrittenSelection } from '../manifest/generated/written.js';
import type { AssetKey, Job, SavedSelection, Schedule } from '../model/project.js';
import type { Definition } from './definitions.js';
import { type Place } from './findings.js';
import { type Resolving } from './resolving.js';
import { type SelectionScope } from './selection-evaluate.js';
export declare function resolveJob({ name, value, place }: Definition<WrittenJob>): Job;
/** A schedule with its defaults. Reports crons, zones and jobs that are none. */
export declare function resolveSchedule({ name, value, place }: Definition<WrittenSchedule>, timezone: string, resolving: Resolving): Schedule;
export declare function checkCron(cron: string, at: Place, { findings }: Resolving): void;
/** Reports a zone that is none. */
export declare function checkZone(zone: string, at: Place, { findings }: Resolving): void;
export declare function resolveSavedSelection({ name, value, place }: Definition<WrittenSelection>): SavedSelection;
/** The assets of a selection in a manifest. Reports what does not parse or cannot be evaluated, and warns of names that nothing has. */
export declare function verifySelection(text: string, at: Place, scope: SelectionScope, resolving: Resolving): ReadonlySet<AssetKey> | undefined;
