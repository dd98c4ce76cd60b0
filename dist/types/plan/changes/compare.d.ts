import type { ChangeReason, ProjectChanges } from '../../model/changes.js';
import type { AssetKey } from '../../model/project.js';
import { type ProjectVersion } from './side.js';
/**
 * Compares two versions of a project (semantics.md 10), base → head: what was changed itself and why, what is downstream
 * of it, and what is no asset's own. Meaning counts, not form. Depends on neither the order of files nor that of keys.
 */
export declare function compareProjects(base: ProjectVersion, head: ProjectVersion): ProjectChanges;
/** The reasons of each changed asset, for `changed:` in selections. */
export declare function changedOf(changes: ProjectChanges): (key: AssetKey) => readonly ChangeReason[];
