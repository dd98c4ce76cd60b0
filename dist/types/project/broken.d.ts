import type { ManifestDocument } from '../manifest/document.js';
import type { Place } from './findings.js';
/**
 * What is known to be missing from what was read, because a diagnostic is about it already. A finding that something is
 * not there would be the same mistake once more.
 */
export interface Broken {
    /** Some file, or some whole section, could not be read: any name may be defined there. */
    readonly anyName: boolean;
    /** The project's file, or a whole `defaults` or group, could not be read: it may have given any asset any key. */
    readonly anyKey: boolean;
    /** Whether something at this place, around it or inside of it was taken out. */
    at(place: Place): boolean;
    /** Whether a definition of this name, or of one that differs from it by signs or case alone, was taken out. */
    name(section: string, name: string): boolean;
    readonly isNothing: boolean;
}
/** Reads what the documents say of themselves; `incomplete` = some file is not among them at all. */
export declare function brokenIn(documents: readonly ManifestDocument[], incomplete: boolean): Broken;
