// What may be written in a check, a factory and a multi-check.

import { stepKeys } from './asset-keys.mjs';
import {
  assetKey,
  boolean,
  closed,
  duration,
  exactlyOne,
  key,
  list,
  named,
  oneOfWords,
  pick,
  text,
} from './schema-parts.mjs';

const scalar = { type: ['string', 'number', 'boolean'] };
const perColumn = (value) => ({ type: 'object', minProperties: 1, additionalProperties: value });

const kindKeys = {
  not_null: key('These columns hold no null; each column is counted by itself.', [['id', 'customer_id']], list(text)),
  unique: key('No two rows agree in all of these columns together.', [['order_id', 'line']], list(text)),
  accepted_values: key(
    'Values that a column may hold, by column. Null is left to `not_null`.',
    [{ status: ['new', 'paid'] }],
    perColumn(list(scalar)),
  ),
  range: key(
    'Least and greatest value, both allowed, by column.',
    [{ amount: { min: 0, max: 1000000 } }],
    perColumn({ $ref: '#/definitions/Range' }),
  ),
  regex: key('A regular expression that each value must match, by column.', [{ zip: '^[0-9]{5}$' }], perColumn(text)),
  relationships: key(
    'Each value of `column` is found in `field` of another asset.',
    [{ column: 'customer_id', to: 'raw/customers', field: 'id' }],
    { $ref: '#/definitions/Relationships' },
  ),
  row_count: key('The number of rows, to be judged by `warn_if` or `error_if`.', [{}], {
    type: 'object',
    additionalProperties: false,
    properties: {},
  }),
  columns: key(
    'The relation has these columns, with these types.',
    [{ id: 'bigint', email: 'varchar' }],
    perColumn(text),
  ),
  sql: key(
    'SQL whose rows are failures, or with `value: true` one value. One word that ends in `.sql` is a file.',
    ['select * from ${{ this }} where paid_at < created_at', 'checks/late.sql'],
    text,
  ),
  run: key(
    'A shell script: exit 0 passes, anything else is judged as the script reports it.',
    ['python checks/orders.py'],
    text,
  ),
  reported: key(
    '`true`: its result comes from the asset’s own step, by a line `{"check": "<name>", "passed": true}`. No result counts as could not judge.',
    [true],
    { type: 'boolean', enum: [true] },
  ),
};

const bound = {
  type: 'string',
  pattern:
    '^\\s*((>=|<=|!=|>|<|=)\\s*-?[0-9][0-9_.eE+-]*|not between\\s+-?[0-9][0-9_.eE+-]*\\s+and\\s+-?[0-9][0-9_.eE+-]*)\\s*%?\\s*$',
  patternErrorMessage: 'a bound is a comparison in quotes: `"> 10"`, `"<= 0.5%"`, `"not between 1 and 9"`',
};

const severity = key(
  'What a check that does not pass is: `error` (default) or `warn`.',
  ['warn'],
  oneOfWords('warn', 'error'),
);
const blocking = key(
  '`true`: while it fails with `error`, what is downstream is not made. Default `false`.',
  [true],
  boolean,
);
const onError = key(
  'When it cannot judge: `warn` makes that a warning. Default: the run fails.',
  ['warn'],
  oneOfWords('warn'),
);
const description = key('What the check protects.', ['An order is paid after it was made.'], text);

const commonKeys = {
  description,
  severity,
  blocking,
  warn_if: key(
    'Bound at which it warns: `>`, `>=`, `<`, `<=`, `=`, `!=`, `not between a and b`; `%` means of the rows checked.',
    ['> 10', '< 1000'],
    bound,
  ),
  error_if: key('Bound at which it fails. With neither bound: `> 0` failing rows.', ['> 0.1%'], bound),
  where: key('A SQL condition: only these rows are checked.', ["status <> 'void'"], text),
  samples: key('How many keys of failing rows are kept, up to 5. Default: none.', [5], {
    type: 'integer',
    minimum: 0,
    maximum: 5,
  }),
  timeout: key('How long it may take: a whole number and `s`, `m`, `h` or `d`.', ['5m'], duration),
  on_error: onError,
  env: stepKeys.env,
  secrets: stepKeys.secrets,
  connection: key('Connection to ask instead of the asset’s own.', ['warehouse'], stepKeys.connection),
  value: key('`true`: the SQL gives one value, to be judged by a bound, instead of failing rows.', [true], boolean),
  shell: stepKeys.shell,
  'working-directory': stepKeys['working-directory'],
};

const kinds = Object.keys(kindKeys);
const eitherBound = { anyOf: [{ required: ['warn_if'] }, { required: ['error_if'] }] };
const rules = {
  ...exactlyOne(kinds),
  dependencies: {
    value: ['sql'],
    shell: ['run'],
    'working-directory': ['run'],
    row_count: eitherBound,
  },
  if: { required: ['value'], properties: { value: { const: true } } },
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema.
  then: eitherBound,
};

export const checkDefinitions = {
  Check: closed(
    'A test on the asset’s data. Exactly one of its keys says what is tested.',
    { ...kindKeys, ...commonKeys },
    rules,
  ),
  Factory: closed(
    'A check that is made for every asset of a selection.',
    {
      selection: key('The assets that get it.', ['group:scrape'], text),
      for_each: key(
        'One check for each value; `${{ name }}` stands for it below. The check is called `factory[value]`.',
        [{ column: ['station', 'date'] }],
        { ...named('a value', list(scalar), '^[A-Za-z_][A-Za-z0-9_]*$'), minProperties: 1 },
      ),
      ...kindKeys,
      ...commonKeys,
    },
    { ...rules, required: ['selection'] },
  ),
  MultiCheck: closed(
    'One execution that gives one result for each of its checks.',
    {
      asset: key('Key of the asset that is checked.', ['bronze/events'], assetKey),
      run: key(
        'A shell script that reports each result by a line `{"check": "<name>", "passed": true}`.',
        ['python checks/bronze.py'],
        text,
      ),
      ...pick(stepKeys, ['shell', 'working-directory', 'env', 'secrets']),
      timeout: commonKeys.timeout,
      specs: key('The checks that it reports, by name.', [{ no_null_ids: { blocking: true } }], {
        ...named('a check', { $ref: '#/definitions/MultiCheckSpec' }),
        minProperties: 1,
      }),
    },
    { required: ['asset', 'run', 'specs'] },
  ),
  MultiCheckSpec: {
    ...closed('One check of a multi-check.', { description, severity, blocking, on_error: onError }),
    type: ['object', 'null'],
  },
  Range: closed(
    'Least and greatest value of a column; at least one of them.',
    {
      min: key('Least value allowed: a number, or text for dates and times.', [0, '2026-01-01'], {
        type: ['number', 'string'],
      }),
      max: key('Greatest value allowed: a number, or text for dates and times.', [1000000], {
        type: ['number', 'string'],
      }),
    },
    { minProperties: 1 },
  ),
  Relationships: closed(
    'Where the values of a column must be found.',
    {
      column: key('Column of this asset.', ['customer_id'], text),
      to: key('Key of the asset that holds the values.', ['raw/customers'], { type: 'string', pattern: '\\S' }),
      field: key('Column of that asset.', ['id'], text),
    },
    { required: ['column', 'to', 'field'] },
  ),
};

export const checkKinds = kinds;
