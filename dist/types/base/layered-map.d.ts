/** A map of its own with the entries of another, which must not change any more: for many entries, only a layer over them. */
export declare function copyOfMap<K, V>(map: ReadonlyMap<K, V>): Map<K, V>;
/** A map with the entries of another, which must not change any more, and which is asked for what is looked at alone. */
export declare function layerOver<K, V>(map: ReadonlyMap<K, V>): Map<K, V>;
