import type { Asset, AssetKey, AutomationRule, Project } from '../model/project.js';
import { type Layer } from './layers.js';
import type { AssetDraft } from './resolve-assets.js';
import type { Resolving } from './resolving.js';
/** When an asset is made by itself. Reports crons and zones that are none. An inherited rule is not for what others make. */
export declare function resolveAutomation(layers: readonly Layer[], { external }: Pick<Asset, 'external'>, resolving: Resolving): AutomationRule | undefined;
/** Warns of conditions that wait for nothing: written on an asset itself, they mean something else than they do. */
export declare function verifyAutomation(drafts: ReadonlyMap<AssetKey, AssetDraft>, { findings, broken }: Resolving): void;
/**
 * Warns of a project in which nothing says when somebody has to look at the conditions: no schedule, no tick, no window, and
 * no source to look for.
 */
export declare function verifyRings(project: Project, drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): void;
