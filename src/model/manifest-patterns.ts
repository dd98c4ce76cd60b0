/** Files that are manifests where the project does not say. */
export const USUAL_MANIFESTS: readonly string[] = ['pipelines/**/*.{yaml,yml}'];
