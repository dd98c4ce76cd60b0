import type { ValueChange } from '../../model/changes.js';
import type { Project } from '../../model/project.js';
/** What changed in a project that is no asset's own, by name. */
export declare function projectChanges(base: Project, head: Project): readonly ValueChange[];
