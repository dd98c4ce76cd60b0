import type { Project } from '../model/project.js';
import type { Resolving } from './resolving.js';
import type { Tagged } from './verify-operations.js';
/**
 * Reports maxima of runs that no machine lets them reach, where the manifests say so: every step that it could hold for
 * names a runner, and each of these is one of GitHub's own. What the workflow decides is judged by the doctor.
 */
export declare function verifyMaxima({ operations, runners, steps }: Pick<Project, 'operations' | 'runners' | 'steps'>, tagged: readonly Tagged[], { definitions, findings, broken }: Resolving): void;
