/** Keys that are accepted with a warning, by definition of the schema: why they do nothing. */
export declare const idleDagsterKeys: Readonly<Record<string, Readonly<Record<string, string>>>>;
/** Other sections of a `dagster.yaml`, and of the settings of Dagster+: what to do with each. */
export declare const dagsterSections: Readonly<Record<string, string>>;
/** Words of an asset's definition that have no key here: where what they say is said. */
export declare const placesOfDagster: Readonly<Record<string, string>>;
