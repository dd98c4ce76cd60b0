import type { Asset, AssetKey, Project } from '../model/project.ts';
import { type EvaluationContexts, evaluateExpression } from './expressions.ts';
import { globMatcher, isPattern } from './glob.ts';
import { parseTemplate } from './template.ts';

/** What is known where paths are held against what is declared: not the variables of the machine that wrote them. */
export interface DeclaredIn {
  readonly project: Project;
  readonly environment: string;
}

type PartitionContext = NonNullable<EvaluationContexts['partition']>;

/**
 * `own`: it is declared. `open`: it may be: a variable that only the machine of the step knows decides, so whoever asks has
 * to see to it that it is nobody else's.
 */
export type Declared = 'own' | 'open' | 'foreign';

/** Paths that a project declares for its assets and connections. */
export interface DeclaredPaths {
  /** Is it a file that the asset declares, of this partition where it has some? */
  ofAsset(asset: Asset, partition: PartitionContext | undefined, path: string): Declared;
  /** Is it where the database file of the connection lies? */
  ofConnection(connection: string, path: string): Declared;
  /** Another than `asset` and `connection` that declares the path whatever variables say, for a message. */
  otherOwner(path: string, but: { readonly asset?: AssetKey; readonly connection?: string }): string | undefined;
}

/** Stands for text that is not known here; of Unicode's private letters. */
const ANY = '\u{E000}';
/** Forms of patterns that the walk through folders knows and `globMatcher` does not: from there on anything may stand. */
const ODD_PATTERN = /[@!+*?]\(|\([^()]*\||\[\[?:|\{[^{}]*\.\.[^{}]*\}|^!/;
/** Longer than any file system takes. */
const PATH_LENGTH_MAX = 4_096;

const OPENED = new WeakMap<Project, Map<string, DeclaredPaths>>();

/** Whoever asks for the same project and environment again gets what is known by then: a wave has hundreds of journals. */
export function declaredPaths({ project, environment }: DeclaredIn): DeclaredPaths {
  const opened = OPENED.get(project) ?? new Map<string, DeclaredPaths>();
  OPENED.set(project, opened);
  const paths = opened.get(environment) ?? openPaths({ project, environment });
  opened.set(environment, paths);
  return paths;
}

function openPaths({ project, environment }: DeclaredIn): DeclaredPaths {
  const matchers = new Map<string, Matcher>();
  const matcherOf = (asset: Asset, path: string, partition: PartitionContext | undefined): Matcher => {
    const key = JSON.stringify([asset.key, path, partition ?? null]);
    const known = matchers.get(key) ?? outputMatcher(knownText(project, { environment, asset, partition }, path, true));
    matchers.set(key, known);
    return known;
  };
  const ofConnection = (name: string, path: string): Declared => {
    const written = project.connections[name];
    const replaced = project.environments[environment]?.connections[name] ?? {};
    const connection = written && ({ ...written, ...replaced } as typeof written);
    if (connection?.type !== 'duckdb' || connection.path === ':memory:') return 'foreign';
    return databaseAt(knownText(project, { environment }, connection.path, false), path);
  };
  let declarers: Declarers | undefined;
  return {
    ofAsset(asset, partition, path) {
      if (path.length > PATH_LENGTH_MAX) return 'foreign';
      const found = asset.outputs
        .map((output) => matcherOf(asset, output.path, partition))
        .filter(({ test }) => test(path));
      return found.some(({ isOpen }) => !isOpen) ? 'own' : found.length > 0 ? 'open' : 'foreign';
    },
    ofConnection: (name, path) => (path.length > PATH_LENGTH_MAX ? 'foreign' : ofConnection(name, path)),
    otherOwner(path, but) {
      declarers ??= openDeclarers({ project, environment });
      const one = declarers.byPath.get(path)?.find((each) => each !== but.asset);
      const asset = one ?? declarers.byPattern.find((each) => each.asset !== but.asset && each.test(path))?.asset;
      if (asset !== undefined) return asset;
      const name = Object.keys(project.connections).find(
        (each) => each !== but.connection && ofConnection(each, path) === 'own',
      );
      return name === undefined ? undefined : `connection ${name}`;
    },
  };
}

/** Who declares a path whatever variables of a machine say. */
interface Declarers {
  readonly byPath: ReadonlyMap<string, readonly AssetKey[]>;
  readonly byPattern: readonly { readonly asset: AssetKey; readonly test: (path: string) => boolean }[];
}

function openDeclarers({ project, environment }: DeclaredIn): Declarers {
  const byPath = new Map<string, AssetKey[]>();
  const byPattern: { asset: AssetKey; test: Matcher['test'] }[] = [];
  for (const asset of Object.values(project.assets))
    for (const output of asset.outputs) {
      const known = knownText(project, { environment, asset }, output.path, true);
      if (known.readsMachine) continue;
      const { test, literal } = outputMatcher(known);
      if (literal === undefined) byPattern.push({ asset: asset.key, test });
      else byPath.set(literal, [...(byPath.get(literal) ?? []), asset.key]);
    }
  return { byPath, byPattern };
}

interface KnownText {
  /** With `ANY` where it is not known. */
  readonly text: string;
  /** A part of it is decided by a variable of the machine. */
  readonly readsMachine: boolean;
}

interface Within {
  readonly environment: string;
  readonly asset?: Asset;
  readonly partition?: PartitionContext | undefined;
}

/** A template as far as the project alone tells. `asPattern`: what a partition gives is no pattern; else all is literal. */
function knownText(project: Project, within: Within, template: string, asPattern: boolean): KnownText {
  const contexts = contextsOf(within);
  const env = knownEnv(project, within.environment, contexts);
  const { text, readsMachine } = evaluateKnown(template, { ...contexts, env }, asPattern);
  return { text: plainPath(text), readsMachine };
}

function contextsOf({ environment, asset, partition }: Within): Omit<EvaluationContexts, 'env'> {
  const name = asset?.key.split('/').at(-1) ?? '';
  return {
    environment,
    ...(asset ? { asset: { key: asset.key, name, ...(asset.group === undefined ? {} : { group: asset.group }) } } : {}),
    ...(partition ? { partition } : {}),
  };
}

/** `env` of the project and of the environment, as steps have it, as far as no variable of a machine decides. */
function knownEnv(
  project: Project,
  environment: string,
  contexts: Omit<EvaluationContexts, 'env'>,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const layer of [project.env, project.environments[environment]?.env ?? {}]) {
    for (const [name, template] of Object.entries(layer)) {
      const { text } = evaluateKnown(template, { ...contexts, env: values }, false);
      if (text.includes(ANY)) delete values[name];
      else values[name] = unescaped(text);
    }
  }
  return values;
}

function evaluateKnown(template: string, contexts: EvaluationContexts, asPattern: boolean): KnownText {
  const parsed = parseTemplate(template);
  if (!parsed.ok) return { text: ANY, readsMachine: true };
  let text = '';
  let readsMachine = false;
  for (const part of parsed.value) {
    if (part.kind === 'text') {
      text += asPattern ? part.text : escaped(part.text);
      continue;
    }
    const { accesses } = part.expression;
    const isUnknown = accesses.some(
      ({ context, property }) =>
        context.toLowerCase() === 'env' && (property === undefined || contexts.env[property] === undefined),
    );
    const readsPartition = accesses.some(({ context }) => context.toLowerCase() === 'partition');
    const value =
      isUnknown || (readsPartition && !contexts.partition) ? undefined : evaluateExpression(part.expression, contexts);
    readsMachine ||= isUnknown || value?.ok === false;
    const known = value?.ok ? (value.value === null ? '' : String(value.value)) : ANY;
    text += known === ANY || (asPattern && !readsPartition) ? known : escaped(known);
  }
  return { text, readsMachine };
}

/** As a file is recorded, whatever values bring along: without `.`, `..`, and slashes that say nothing. */
function plainPath(text: string): string {
  const parts: string[] = [];
  for (const [index, part] of text.split('/').entries()) {
    if (part === '.' || (part === '' && index > 0)) continue;
    const before = parts.at(-1);
    if (part !== '..' || before === undefined || before === '' || before === '..') parts.push(part);
    // What is not known may be several folders: some of it may stay.
    else if (before.includes(ANY)) parts.splice(-1, 1, ANY);
    else parts.pop();
  }
  return parts.join('/');
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, '$1');
}

function escaped(text: string): string {
  return text.replace(/[\\*?[\]{}()!+@|]/g, '\\$&');
}

interface Matcher {
  readonly test: (path: string) => boolean;
  readonly isOpen: boolean;
  /** The only path that it takes; absent = there may be several. */
  readonly literal?: string;
}

function outputMatcher({ text, readsMachine }: KnownText): Matcher {
  const odd = ODD_PATTERN.exec(text.replace(/\\./gs, '__'))?.index;
  const head = odd === undefined ? text : text.slice(0, text.slice(0, odd).search(/[{[]|[^/]*$/));
  const pattern = odd === undefined ? text : `${head}${ANY}`;
  // What is not known may hold folders too.
  const glob = pattern.replaceAll(ANY, '**');
  const isOpen = readsMachine || odd !== undefined;
  return { test: globMatcher(glob), isOpen, ...(isPattern(glob) ? {} : { literal: unescaped(glob) }) };
}

/** A database lies at one place; where that is absolute, the recorded path is its end. */
function databaseAt({ text }: KnownText, path: string): Declared {
  const parts = text.split(ANY).map(unescaped);
  const [first, last] = [parts[0]!, parts.at(-1)!];
  const isAbsolute = /^(?:\/|[A-Za-z]:[\\/])/.test(first);
  if (parts.length === 1) return path === first || (isAbsolute && first.endsWith(`/${path}`)) ? 'own' : 'foreign';
  const starts = isAbsolute || path.startsWith(first);
  return starts && `/${path}`.endsWith(last) ? 'open' : 'foreign';
}
