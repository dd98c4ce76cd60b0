import type { AssetKey, Relation } from '../model/project.js';
import type { Place } from './findings.js';
import { type Layer } from './layers.js';
import { type Resolving } from './resolving.js';
/** The name of the connection, when there is such a one. */
export declare function resolveConnection(layers: readonly Layer[], resolving: Resolving): string | undefined;
/** Reports a connection that nobody declares. */
export declare function checkConnection(name: string, at: Place, { connections, findings, broken }: Resolving): boolean;
/** The table that an asset is, as it is written or by its key; `connection`: the one that it is in. */
export declare function resolveRelation(key: AssetKey, { layers, connection }: {
    readonly layers: readonly Layer[];
    readonly connection?: string | undefined;
}, resolving: Resolving): {
    readonly relation?: Relation;
    readonly place?: Place;
};
