// Writes the called workflow for projects whose steps ask for OIDC tokens: nothing in a called workflow can be optional,
// and one that asks for more than its caller gives does not start.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeOrCheck } from '../generated-files.mjs';
import { root } from '../packages.mjs';

const right = '      contents: read # the code and the state\n';
const text = readFileSync(path.join(root, '.github', 'workflows', 'run.yml'), 'utf8');
if (text.split(right).length !== 2) throw new Error('run.yml has not just one job that only reads');
const head = '# Written by `npm run generate` from run.yml.\n';

writeOrCheck({
  '.github/workflows/run-oidc.yml':
    head + text.replace(right, `${right}      id-token: write # steps with \`oidc: true\` sign in with it\n`),
});
