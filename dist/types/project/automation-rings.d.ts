import type { Project } from '../model/project.js';
/** When somebody has to wake the engine for assets that are made by themselves. */
export interface AutomationRing {
    /** For people: `automation of marts/board and 3 more`. */
    readonly name: string;
    readonly cron: string;
    /** IANA zone. */
    readonly timezone: string;
    /** Nothing says when: a rarer ring is only a later one. */
    readonly isLoose?: true;
}
/**
 * The rarest rings that automation needs. `on_cron` rings at its ticks and what is cut by time when a window ends; what
 * follows something that rings needs no ring of its own, for a wake-up looks at the conditions again when a run ends. Only
 * where data comes at any time (a source that no schedule makes, keys that are added) it is looked for once an hour.
 */
export declare function automationRings(project: Project): readonly AutomationRing[];
