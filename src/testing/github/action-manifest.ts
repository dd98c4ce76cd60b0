import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

/** A JavaScript action as its `action.yml` says. */
export interface ActionManifest {
  /** Absolute. */
  readonly folder: string;
  readonly using: string;
  /** Absolute. */
  readonly main: string;
  readonly post?: string;
  readonly postIf: string;
  /** Name → default; undefined = none. */
  readonly inputs: ReadonlyMap<string, string | undefined>;
  readonly outputs: readonly string[];
}

interface Written {
  readonly inputs?: Readonly<Record<string, { readonly default?: unknown } | null>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly runs: { readonly using: string; readonly main: string; readonly post?: string; readonly 'post-if'?: string };
}

/** Reads the `action.yml` of a folder. Throws for what is no JavaScript action. */
export function readActionManifest(folder: string): ActionManifest {
  const written = parse(readFileSync(path.join(folder, 'action.yml'), 'utf8')) as Written;
  const { using, main, post } = written.runs;
  if (!/^node\d+$/.test(using)) throw new Error(`${folder}/action.yml is no JavaScript action: it uses ${using}`);
  const inputs = Object.entries(written.inputs ?? {}).map(([name, input]) => {
    const value = input?.default;
    return [name, value === undefined || value === null ? undefined : String(value as string)] as const;
  });
  return {
    folder,
    using,
    main: path.resolve(folder, main),
    ...(post === undefined ? {} : { post: path.resolve(folder, post) }),
    postIf: written.runs['post-if'] ?? 'always()',
    inputs: new Map(inputs),
    outputs: Object.keys(written.outputs ?? {}),
  };
}

/** `INPUT_*` of a step: what `with:` gives, else the default, evaluated; and names that the action does not have. */
export function inputVariables(
  { inputs }: ActionManifest,
  given: Readonly<Record<string, string>>,
  token: string,
): { readonly variables: Readonly<Record<string, string>>; readonly unexpected: readonly string[] } {
  const variables: Record<string, string> = {};
  const known = new Map([...inputs].map(([name, value]) => [name.toLowerCase(), value] as const));
  const set = (name: string, value: string) => {
    variables[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value;
  };
  // Every input that the action declares is set; one without a default is empty.
  for (const [name, value] of inputs) set(name, evaluated(value ?? '', token));
  for (const [name, value] of Object.entries(given)) set(name, value);
  return { variables, unexpected: Object.keys(given).filter((name) => !known.has(name.toLowerCase())) };
}

function evaluated(value: string, token: string): string {
  const text = value.replaceAll(/\$\{\{\s*github\.token\s*\}\}/g, token);
  if (text.includes('${{')) throw new Error(`the rig does not evaluate ${value}`);
  return text;
}
