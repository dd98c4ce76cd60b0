import type { Project } from '../model/project.js';
/** Names of variables that a project hands to a step as secrets, or reads in any expression. */
export declare function envNamesUsed(project: Project): ReadonlySet<string>;
