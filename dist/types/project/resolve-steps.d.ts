import type { WrittenMultiAsset } from '../manifest/generated/written.js';
import type { StepDef } from '../model/project.js';
import type { Definition } from './definitions.js';
import { type Place } from './findings.js';
import { type AssetDraft } from './resolve-assets.js';
import { type Resolving } from './resolving.js';
/** The step of an asset that is made by itself; undefined when it is external or nothing makes it. */
export declare function resolveStep(draft: AssetDraft, resolving: Resolving): StepDef | undefined;
/** A multi-asset: its step, and its assets. */
export declare function resolveMultiAsset(definition: Definition<WrittenMultiAsset>, resolving: Resolving): {
    readonly step: StepDef;
    readonly drafts: readonly AssetDraft[];
};
/** A folder inside of the repository. One that is not there may be made by another step: a warning. */
export declare function resolveFolder(written: string, at: Place, resolving: Resolving): string | undefined;
/** A script file that an interpreter is given and that is not there. A step before may make it: a warning. */
export declare function hintAtMissingScript(run: string, at: Place, { tree, findings }: Resolving): void;
