import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';

type JsonObject = { readonly [key: string]: unknown };

/** One operation of GitHub's published description, ready to check what goes in and out. */
export interface Operation {
  /** `actions/get-workflow-run`. */
  readonly id: string;
  /** The value of an example of a good answer, to fill in. */
  readonly example: unknown;
  /** What is wrong with a request, as sentences. */
  checkRequest(request: {
    readonly path: Readonly<Record<string, string>>;
    readonly query: URLSearchParams;
    readonly body: unknown;
  }): string[];
  /** What is wrong with an answer. */
  checkAnswer(status: number, body: unknown): string[];
}

const require = createRequire(import.meta.url);

/** Parsed once a process: a tenth of a second for 13 MB; the operations that are used are compiled one by one. */
let parsed: JsonObject | undefined;
function spec(): JsonObject {
  parsed ??= JSON.parse(
    readFileSync(require.resolve('@octokit/openapi/generated/api.github.com.json'), 'utf8'),
  ) as JsonObject;
  return parsed;
}

const basicError = validator({ $ref: '#/components/schemas/basic-error' });
const compiled = new Map<string, Operation>();

/** `GET /repos/{owner}/{repo}`. Throws for what GitHub does not have. */
export function operation(route: string): Operation {
  let found = compiled.get(route);
  if (found === undefined) {
    found = compile(route);
    compiled.set(route, found);
  }
  return found;
}

function compile(route: string): Operation {
  const [method = '', path = ''] = route.split(' ');
  const description = at(spec(), 'paths', path, method.toLowerCase());
  if (description === undefined) throw new Error(`GitHub has no ${route}`);
  const parameters = ((description['parameters'] ?? []) as JsonObject[]).map(resolved);
  const body = at(resolved((description['requestBody'] ?? {}) as JsonObject), 'content', 'application/json', 'schema');
  const checkBody = body === undefined ? undefined : validator(body);
  const checksOf = new Map(
    parameters.map((parameter) => [
      `${String(parameter['in'])} ${String(parameter['name'])}`,
      validator(parameter['schema'] as JsonObject),
    ]),
  );
  const answers = new Map<number, (() => ValidateFunction) | undefined>();
  let example: unknown;
  for (const [status, answer] of Object.entries(description['responses'] as Record<string, JsonObject>)) {
    const content = at(resolved(answer), 'content', 'application/json');
    answers.set(Number(status), content === undefined ? undefined : validator(content['schema'] as JsonObject));
    if (Number(status) < 300 && content !== undefined) example ??= firstExample(content);
  }

  return {
    id: String(description['operationId']),
    example,
    checkRequest({ path: inPath, query, body: sent }) {
      const findings: string[] = [];
      const given = [
        ...Object.entries(inPath).map(([name, value]) => [`path ${name}`, value] as const),
        ...[...query].map(([name, value]) => [`query ${name}`, value] as const),
      ];
      for (const [name, value] of given) {
        const check = checksOf.get(name)?.();
        if (check === undefined) findings.push(`there is no parameter ${name}`);
        // Text in a URL may be a number.
        else if (![value, asNumber(value)].some((each) => check(each))) {
          findings.push(`${name}=${value}: ${errorsOf(check)}`);
        }
      }
      if (checkBody === undefined && sent !== undefined) findings.push('a body where there is none');
      const ofBody = checkBody?.();
      if (ofBody !== undefined && !ofBody(sent)) findings.push(`body: ${errorsOf(ofBody)}`);
      return findings;
    },
    checkAnswer(status, answer) {
      // Any call may be refused; most descriptions do not say so.
      const isKnown = answers.has(status);
      if (!isKnown && status < 400) return [`the status ${status} is none of ${[...answers.keys()].join(', ')}`];
      const check = (isKnown ? answers.get(status) : basicError)?.();
      if (check === undefined) return answer === undefined ? [] : [`a body with the status ${status}`];
      return check(answer) ? [] : [`status ${status}: ${errorsOf(check)}`];
    },
  };
}

/** Of several examples the first. */
function firstExample(content: JsonObject): unknown {
  const [first] = Object.values((content['examples'] ?? {}) as Record<string, JsonObject>);
  return first === undefined ? undefined : resolved(first)['value'];
}

function asNumber(value: string): unknown {
  return value === '' || Number.isNaN(Number(value)) ? (value === 'true' ? true : value) : Number(value);
}
function errorsOf(check: ValidateFunction): string {
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ');
}

/** Compiled when first asked: most answers of an operation never come. OpenAPI 3.0 is JSON Schema but for `nullable`; each schema that is referred to becomes one of the definitions. */
function validator(schema: JsonObject): () => ValidateFunction {
  let check: ValidateFunction | undefined;
  return () => (check ??= compileSchema(schema));
}
function compileSchema(schema: JsonObject): ValidateFunction {
  const definitions: Record<string, unknown> = {};
  const ajv = new Ajv({ strict: false, allErrors: false, formats: { 'date-time': isInstant, uri: isUri } });
  const unknown = ['int64', 'int32', 'email', 'repo.nwo', 'timestamp', 'date', 'uri-template', 'hostname'];
  for (const format of unknown) ajv.addFormat(format, true);
  return ajv.compile({ ...(translated(schema, definitions) as JsonObject), definitions });
}

function translated(schema: unknown, definitions: Record<string, unknown>): unknown {
  if (Array.isArray(schema)) return schema.map((each) => translated(each, definitions));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, example: _, examples: __, description: ___, ...rest } = schema as JsonObject;
  if (typeof rest['$ref'] === 'string') {
    const name = rest['$ref'].split('/').at(-1)!;
    if (!(name in definitions)) {
      // Before its own schema is looked at, which may refer to it.
      definitions[name] = true;
      definitions[name] = translated(at(spec(), 'components', 'schemas', name), definitions);
    }
    return { $ref: `#/definitions/${name}` };
  }
  const inner = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [
      key,
      // A property may be called `description` or `example`.
      key === 'properties'
        ? Object.fromEntries(
            Object.entries(value as JsonObject).map(([name, each]) => [name, translated(each, definitions)]),
          )
        : translated(value, definitions),
    ]),
  );
  return nullable === true ? { anyOf: [{ type: 'null' }, inner] } : inner;
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
}
function isUri(text: string): boolean {
  return URL.canParse(text);
}

function at(value: JsonObject, ...keys: readonly string[]): JsonObject | undefined {
  let here: JsonObject | undefined = value;
  for (const key of keys) here = here?.[key] as JsonObject | undefined;
  return here;
}
function resolved(value: JsonObject): JsonObject {
  const { $ref } = value;
  return typeof $ref === 'string' ? at(spec(), ...$ref.split('/').slice(1))! : value;
}
