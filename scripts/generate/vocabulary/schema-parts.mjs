// Builders for the pieces that every schema of the vocabulary is made of. Plain JSON Schema (draft-07) comes out.

/** One segment of a name; asset keys join several by `/`. */
export const segment = '[A-Za-z0-9_][A-Za-z0-9_.-]*';

/** A key's text: what it means in one or two sentences, then examples as they would be written. */
export function key(description, examples, schema) {
  const { description: _, examples: __, ...rules } = schema;
  return { description, ...rules, examples };
}

export const text = { type: 'string', pattern: '\\S', patternErrorMessage: 'text is needed, this is blank' };
/** What `git check-ref-format --branch` takes. */
export const branchName = {
  type: 'string',
  pattern: '^(?![-./])(?!.*(//|\\.\\.|/\\.|@\\x7b|\\.lock(/|$)|[/.]$))[^\\x00-\\x20\\x7f~^:?*\\[\\\\]+$',
  patternErrorMessage:
    'the name of a branch has no blanks, `..`, `~`, `^`, `:`, `?`, `*` or `[`, begins with no `-`, `.` or `/`, and ends with no `.`, `/` or `.lock`',
};
export const boolean = { type: 'boolean' };

/** A value out of a closed list. */
export function oneOfWords(...words) {
  return { type: 'string', enum: words };
}

/** A list whose items all have one schema. */
export function list(items) {
  return { type: 'array', items, minItems: 1 };
}

/** A mapping from a name to a definition. `what` names the things in messages: `asset`. */
export function named(what, value, pattern = `^${segment}$`) {
  return {
    type: 'object',
    propertyNames: { pattern, patternErrorMessage: nameRule(what, pattern) },
    additionalProperties: value,
  };
}

function nameRule(what, pattern) {
  const slash = pattern === assetKeyPattern ? ', segments joined by `/`' : '';
  return `a name of ${what} consists of letters, digits, \`_\`, \`.\` and \`-\`, and begins with a letter, digit or \`_\`${slash}`;
}

export const assetKeyPattern = `^${segment}(/${segment})*$`;

/** A mapping with a closed set of keys. `noun` names the thing in messages: `assets`. */
export function closed(description, properties, more = {}) {
  return { description, type: 'object', additionalProperties: false, properties, ...more };
}

/** The same key where a nearer level may take an inherited value away by `null`. */
export function removable(schema) {
  if (schema.$ref !== undefined) {
    const { $ref, ...rest } = schema;
    return { ...rest, anyOf: [{ $ref }, { type: 'null' }] };
  }
  if (schema.type === undefined) return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] };
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const nullable = { ...schema, type: types.includes('null') ? types : [...types, 'null'] };
  if (schema.enum) nullable.enum = [...schema.enum, null];
  return nullable;
}

export function allRemovable(properties) {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, removable(schema)]));
}

export function pick(properties, names) {
  return Object.fromEntries(names.map((name) => [name, properties[name]]));
}

/** Exactly one of these keys; the walker gives one finding for none and one for several. */
export function exactlyOne(keys) {
  return { oneOf: keys.map((name) => ({ required: [name] })) };
}

/** Two keys that contradict each other (a `null` takes a value away and contradicts nothing). */
export function apart(a, b, errorMessage) {
  const given = { not: { type: 'null' } };
  return { not: { required: [a, b], properties: { [a]: given, [b]: given } }, errorMessage };
}

export const duration = {
  type: 'string',
  pattern: '^[1-9][0-9]{0,6}[smhd]$',
  patternErrorMessage:
    'a duration is a whole number from 1 on and a unit, `s`, `m`, `h` or `d`: `90s`, `30m`, `2h`, `7d`',
};

export const variableName = {
  type: 'string',
  pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
  patternErrorMessage:
    'the name of an environment variable consists of letters, digits and `_`, and begins with no digit',
};

export const assetKey = {
  type: 'string',
  pattern: assetKeyPattern,
  patternErrorMessage: nameRule('an asset', assetKeyPattern),
};

export const name = {
  type: 'string',
  pattern: `^${segment}$`,
  patternErrorMessage: nameRule('this kind', `^${segment}$`),
};

// An integer beyond 2^53 would not keep its digits; a fraction would not keep its zeros (`1.10`). Both want quotes.
export const plainText = {
  type: ['string', 'boolean', 'integer'],
  minimum: -9007199254740991,
  maximum: 9007199254740991,
};

export const env = {
  type: 'object',
  propertyNames: { pattern: variableName.pattern, patternErrorMessage: variableName.patternErrorMessage },
  additionalProperties: removable(plainText),
};

export const tags = {
  type: 'object',
  propertyNames: {
    pattern: '^(?!branchline/(?!(priority|max_retries|max_runtime|retry_strategy|retry_on_asset_or_op_failure)$)).*\\S',
    patternErrorMessage: 'tags that begin with `branchline/` belong to the engine',
  },
  additionalProperties: removable(plainText),
};

/** Somebody who cares for a thing. */
export const owner = {
  type: 'string',
  pattern: '^@[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9._-]+)?$|^[^@\\s:]+@[^@\\s]+\\.[^@\\s]+$|^team:\\S+$',
  patternErrorMessage: 'an owner is `@login`, `@org/team`, an e-mail address or `team:name`',
};
