import { byText, sortedUnique } from '../base/order.ts';
import type { Connection, Project, Template } from '../model/project.ts';
import type { Secret } from './redact.ts';

/** Variables as the host hands them over. */
export type Variables = Readonly<Record<string, string | undefined>>;

// `*TOKEN*|*SECRET*|*PASSWORD*|*_KEY|*DSN*|*WEBHOOK*` (vocabulary.md), in any case.
const SECRET_NAME = /TOKEN|SECRET|PASSWORD|_KEY$|DSN|WEBHOOK/i;

/** `${{ … }}`, and inside of it `env.NAME` or `env['NAME']`. */
const EXPRESSION = /\$\{\{([\s\S]*?)\}\}/g;
const ENV_REFERENCE = /(?<![\w.-])env\s*(?:\.\s*([A-Za-z_][\w-]*)|\[\s*'([^']+)'\s*\])/gi;

/** Names of the environment variables that a template reads, sorted. */
export function envNamesIn(template: Template): string[] {
  const names: string[] = [];
  for (const [, expression] of template.matchAll(EXPRESSION)) {
    for (const [, dotted, quoted] of expression!.matchAll(ENV_REFERENCE)) names.push((dotted ?? quoted)!);
  }
  return sortedUnique(names);
}

/** The parts of a project that say what is secret. */
export type SecretsProject = Pick<Project, 'secrets' | 'connections' | 'environments'>;

/**
 * Which environment variables are secret: those that the project lists, those that a connection reads (in any
 * environment), those of the host with a telling name, and those of the host whose value holds a URL with a password.
 * Proxies are spared by the last rule: a step without them would lose the network. Sorted.
 */
export function secretNames(project: SecretsProject, host: Variables): string[] {
  const names = [...project.secrets];
  for (const connection of Object.values(project.connections)) {
    for (const template of connectionTemplates(connection)) names.push(...envNamesIn(template));
  }
  for (const environment of Object.values(project.environments)) {
    for (const overrides of Object.values(environment.connections)) {
      for (const value of Object.values(overrides)) {
        if (typeof value === 'string') names.push(...envNamesIn(value));
      }
    }
  }
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined || names.includes(name)) continue;
    if (isSecretName(name) || (!isProxy(name) && passwordsInUrls(value).length > 0)) names.push(name);
  }
  return sortedUnique(names);
}

/** Does the name alone say that a variable is secret? */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

function isProxy(name: string): boolean {
  return /^(?:https?|ftp|all)_proxy$/i.test(name);
}

function connectionTemplates(connection: Connection): Template[] {
  const templates =
    connection.type === 'duckdb' ? [connection.path, connection.init] : [connection.url, connection.schema];
  return templates.filter((template) => template !== undefined);
}

/**
 * What a redactor masks: the value of each secret variable that is set, and each password inside of a URL in any
 * variable. A variable that is secret only because of such a password is masked by the password alone, so that host
 * and database stay readable.
 */
export function secretsToMask(project: SecretsProject, host: Variables): Secret[] {
  const secrets: Secret[] = [];
  const wholly = new Set(secretNames({ ...project }, withoutUrlPasswords(host)));
  for (const [name, value] of Object.entries(host).sort(([a], [b]) => byText(a, b))) {
    if (value === undefined || value === '') continue;
    const passwords = passwordsInUrls(value);
    if (wholly.has(name)) secrets.push({ name, value });
    for (const password of passwords) secrets.push({ name, value: password });
  }
  return secrets;
}

function withoutUrlPasswords(host: Variables): Variables {
  return Object.fromEntries(Object.keys(host).map((name) => [name, '']));
}

const URL_PASSWORD = /[a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*:([^\s/?#]+)@/gi;

/** Passwords in URLs inside of a text, as written and percent-decoded. */
export function passwordsInUrls(text: string): string[] {
  const found: string[] = [];
  for (const [, password] of text.matchAll(URL_PASSWORD)) {
    found.push(password!);
    const plain = percentDecoded(password!);
    if (plain !== undefined && plain !== password) found.push(plain);
  }
  return found;
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded UTF-8: then the password is what is written.
    return undefined;
  }
}

/** A secret whose value is also a name that the engine writes: masking it would tear the records apart. */
export interface SecretNameClash {
  readonly secret: string;
  /** `asset`, `job`, …; the value itself is never told. */
  readonly kind: string;
  readonly message: string;
}

/**
 * Finds secrets whose value equals a declared name (an error, vocabulary.md). `declared` maps a kind in the singular
 * (`asset`, `job`, `schedule`, `check`, `group`, …) to its names.
 */
export function findSecretNameClashes(
  secrets: readonly Secret[],
  declared: Readonly<Record<string, Iterable<string>>>,
): SecretNameClash[] {
  const clashes: SecretNameClash[] = [];
  const kinds = Object.entries(declared).map(([kind, names]) => [kind, new Set(names)] as const);
  for (const { name, value } of secrets) {
    const kind = kinds.find(([, names]) => names.has(value))?.[0];
    if (kind === undefined) continue;
    const article = /^[aeiou]/.test(kind) ? 'an' : 'a';
    const message = `the value of the secret ${name} is also the name of ${article} ${kind}; a name stands in every record, so it cannot be kept secret: change the secret, or rename the ${kind}`;
    clashes.push({ secret: name, kind, message });
  }
  return clashes;
}
