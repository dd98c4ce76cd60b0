/** Files that are manifests where the project does not say. */
export declare const USUAL_MANIFESTS: readonly string[];
