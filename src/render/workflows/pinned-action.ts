/** An action of somebody, pinned: `owner/name`, the commit, and the version that the commit is. */
export interface PinnedAction {
  /** `owner/name`, or `./` for the action of the repository itself, which needs no pin. */
  readonly name: string;
  /** 40 hex digits; empty for `./`. */
  readonly commit: string;
  /** `v1.0.0`: for people, behind the commit. */
  readonly version: string;
}

/** The checkout that every workflow of ours begins with. */
export const CHECKOUT: PinnedAction = {
  name: 'actions/checkout',
  commit: '3d3c42e5aac5ba805825da76410c181273ba90b1',
  version: 'v7.0.1',
};

/** `owner/name@<commit> # v1.0.0`: what stands behind `uses:`. */
export function pinText({ name, commit, version }: PinnedAction): string {
  return commit === '' ? name : `${name}@${commit} # ${version}`;
}

/** A text as a YAML scalar: in quotes unless it is a plain word. JSON is YAML. */
export function scalar(text: string): string {
  return /^[A-Za-z][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : // The one way to write this where GitHub looks for expressions.
      JSON.stringify(text.replaceAll('${{', "${{ '${{' }}"));
}
