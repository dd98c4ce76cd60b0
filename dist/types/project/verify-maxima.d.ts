import type { AssetKey, Project } from '../model/project.js';
import type { AssetDraft } from './resolve-assets.js';
import type { Resolving } from './resolving.js';
import type { Tagged } from './verify-operations.js';
/**
 * Reports maxima of runs that no machine lets them reach, where the manifests say so: every step that it could hold for
 * names a runner, and each of these is one of GitHub's own. What the workflow decides is judged by the doctor.
 */
export declare function verifyMaxima({ operations, runners, steps }: Pick<Project, 'operations' | 'runners' | 'steps'>, tagged: readonly Tagged[], { definitions, findings, broken }: Resolving): void;
/** Reports a `timeout` of a step that is longer than any run may be at work, once where several inherit it. */
export declare function verifyTimeouts({ operations, steps }: Pick<Project, 'operations' | 'steps'>, tagged: readonly Tagged[], drafts: ReadonlyMap<AssetKey, AssetDraft>, { definitions, findings, broken }: Resolving): void;
