import type { AssetMaterialized, ConnectionSaved } from '../model/events.js';
import type { FoldDraft } from './fold-draft.js';
/** Something new is in the database, and its file is not saved yet. */
export declare function applyUnsaved(draft: FoldDraft, event: AssetMaterialized): void;
/** The file is saved, with all that the same run put into it before, unless it began with a file that is not current. */
export declare function applySaved(draft: FoldDraft, event: ConnectionSaved): void;
