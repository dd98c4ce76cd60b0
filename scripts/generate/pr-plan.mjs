// Writes schemas/pr-plan.schema.json and the validator that the second workflow reads the uploaded plan with.

import Ajv from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { writeOrCheck } from '../generated-files.mjs';
import { prPlan } from './vocabulary/pr-plan.mjs';

const notice = '// Generated from scripts/generate/vocabulary by `npm run generate`. Do not edit.\n';
const ajv = new Ajv({
  strict: true,
  messages: false,
  logger: false,
  // Lengths in UTF-16 code units: bounds on bytes are all that is asked of them, and no library is needed to count.
  unicode: false,
  code: { source: true, esm: true, optimize: 2 },
});
// The answer is yes or no: the objects that would say what is wrong are half of the code.
const errorObject = /\{instancePath[^{}]*,schemaPath:(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g;
const code = standalone(ajv, ajv.compile(prPlan))
  .replace(/export default \w+;?/, '')
  .replace(errorObject, '0');
if (code.includes('require(')) throw new Error('the validator needs a library at run time; avoid that keyword');

const declaration = `${notice}
/** Whether a value has the shape of schemas/pr-plan.schema.json. */
export declare function validate(value: unknown): boolean;
`;

writeOrCheck({
  'schemas/pr-plan.schema.json': `${JSON.stringify(prPlan, null, 2)}\n`,
  'src/plan/changes/generated/validate-pr-plan.mjs': `${notice}${code}\n`,
  'src/plan/changes/generated/validate-pr-plan.d.mts': declaration,
});
