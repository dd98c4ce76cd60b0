import { type Result } from '../../base/result.js';
import type { WallMs } from '../zone.js';
/** A format that was read: writes a wall time, and reads one back to its earliest moment. */
export interface KeyFormat {
    write(wall: WallMs): string;
    /** The earliest wall time that a text may stand for; undefined when the text is not of this format. */
    read(text: string): WallMs | undefined;
    /** How far after that moment the wall time may be, in milliseconds. */
    readonly spanMs: number;
}
/** Reads `%Y-%m-%d` and the like. The error is a sentence for the user. */
export declare function parseKeyFormat(format: string): Result<KeyFormat, string>;
