import type { WrittenExposure } from '../manifest/generated/written.js';
import type { Exposure } from '../model/project.js';
import type { Definition } from './definitions.js';
import type { Resolving } from './resolving.js';
/** An exposure with those of its assets that exist. Reports the others, each with the nearest key. */
export declare function resolveExposure({ name, value, place }: Definition<WrittenExposure>, resolving: Resolving): Exposure;
