import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProcessRunner } from '../adapters/process.ts';
import { createScratch } from '../adapters/process-scratch.ts';
import type { ProcessExit } from '../ports.ts';
import { createRedactor } from '../run/redact.ts';
import { fakeProcesses, fakeScratch } from '../testing/fake-process.ts';
import { commandOf, isLacking } from '../testing/machine.ts';
import { runScript, type ScriptInput } from './run-script.ts';

const never = new AbortController().signal;
const environment: ScriptInput['environment'] = {
  host: { PATH: process.env['PATH'], API_KEY: 'hunter22', OTHER_KEY: 'swordfish' },
  secretNames: ['API_KEY', 'OTHER_KEY'],
  step: { name: 'raw/orders', env: {}, secrets: ['API_KEY'], oidc: false },
  env: [],
  assets: ['raw/orders'],
  runId: 'r1',
  attempt: 1,
  environment: 'production',
  codeVersions: {},
};
const redactor = createRedactor([
  { name: 'API_KEY', value: 'hunter22' },
  { name: 'OTHER_KEY', value: 'swordfish' },
]);
const input: ScriptInput = {
  script: 'true',
  shell: 'bash',
  cwd: '/',
  log: '/logs/a.log',
  redactor,
  environment,
  checks: { 'raw/orders': ['ids'] },
};

describe('how a script ended', () => {
  const check = async (exit: Partial<ProcessExit>, expected: object, more: Partial<ScriptInput> = {}) => {
    const ports = { processes: fakeProcesses(() => exit), scratch: fakeScratch() };
    expect(await runScript(ports, { ...input, ...more }, never)).toMatchObject(expected);
  };
  test('well', () => check({}, { outcome: 'success', failure: undefined }));
  test('with an exit code', () =>
    check(
      { code: 3, tail: 'no\n' },
      {
        outcome: 'failure',
        failure: { class: 'step', code: 'exit-code', exitCode: 3, logTail: 'no\n' },
      },
    ));
  test('by a signal', () =>
    check(
      { kind: 'signaled', code: undefined, signal: 'SIGSEGV' },
      {
        failure: { class: 'step', code: 'signal', signal: 'SIGSEGV' },
      },
    ));
  test('too late', () =>
    check(
      { kind: 'timed-out' },
      { failure: { class: 'timeout', message: expect.stringContaining('90 s') } },
      {
        timeoutMs: 90_000,
      },
    ));
  test('by a cancel', () => check({ kind: 'canceled' }, { outcome: 'canceled', failure: { class: 'cancel' } }));
  test('before it began', () =>
    check({ kind: 'not-started', message: 'no bash' }, { failure: { code: 'not-started', message: 'no bash' } }));
  test('without a folder to speak through', async () => {
    const scratch = { open: () => ({ ok: false, error: { code: 'infrastructure', message: 'disk full' } }) as const };
    const processes = fakeProcesses(() => ({}));
    expect(await runScript({ processes, scratch }, input, never)).toMatchObject({
      outcome: 'failure',
      failure: { class: 'infrastructure', message: 'disk full' },
    });
    expect(processes.specs).toEqual([]);
  });
});

describe('what a script said', () => {
  /** A script that writes these texts to BRANCHLINE_OUTPUT and to the file of Dagster Pipes. */
  function saying(output: string, messages = '', exit: Partial<ProcessExit> = {}) {
    const scratch = fakeScratch();
    const processes = fakeProcesses((spec) => {
      scratch.files.set(spec.env['BRANCHLINE_OUTPUT']!, output);
      scratch.files.set('/scratch/pipes-1', messages);
      return exit;
    });
    return { processes, scratch };
  }
  test('comes back, without secrets', async () => {
    const { report, outcome } = await runScript(saying('row_count=3\nnote=it is hunter22\n'), input, never);
    expect(outcome).toBe('success');
    expect(report.assets).toEqual({
      'raw/orders': { materialized: false, rows: 3, dataVersion: undefined, metadata: { note: 'it is ***' } },
    });
  });
  test('comes back from a step that failed, too', async () => {
    const ports = saying('{"asset":"raw/orders"}', '', { code: 1 });
    expect(await runScript(ports, input, never)).toMatchObject({
      outcome: 'failure',
      report: { assets: { 'raw/orders': { materialized: true } } },
    });
  });
  test('fails the step when it is not understood', async () => {
    expect(await runScript(saying('row_count=many\nx'), input, never)).toMatchObject({
      outcome: 'failure',
      failure: { code: 'report-invalid', message: expect.stringMatching(/BRANCHLINE_OUTPUT, line 1.*and 1 more/) },
    });
  });
  test('is read up to a bound', async () => {
    expect(await runScript(saying(`a=${'x'.repeat(5_000_000)}`), input, never)).toMatchObject({
      failure: { code: 'report-invalid', message: expect.stringContaining('4 MiB') },
    });
  });
  test('for people goes to the log', async () => {
    const log = { __dagster_pipes_version: '0.1', method: 'log', params: { message: 'got hunter22', level: 'INFO' } };
    const ports = saying('', JSON.stringify(log));
    const heard: string[] = [];
    await runScript(ports, { ...input, onOutput: (text) => void heard.push(text) }, never);
    expect(ports.scratch.logs.get('/logs/a.log')).toBe('[dagster-pipes] INFO got ***\n');
    expect(heard).toEqual(['[dagster-pipes] INFO got ***\n']);
  });
});

// ── Real processes ───────────────────────────────────────────────────────────────────────────────────────────────

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'branchline-script-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function real(script: string, more: Partial<ScriptInput> = {}) {
  const ports = { processes: createProcessRunner({ folder }), scratch: createScratch(folder) };
  return runScript(ports, { ...input, cwd: folder, log: path.join(folder, 'a.log'), script, ...more }, never);
}

/** All bytes below a folder, but for named pipes. */
function bytesBelow(root: string): string {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1')).join('\n');
}

test('a real script gets its secret, and no byte that is left behind shows it', async () => {
  const script = `
    echo "key is $API_KEY"; printf %s "$API_KEY" | base64; printf hun; sleep 0.01; echo ter22
    echo "other is \${OTHER_KEY:-not there}"
    echo "::set-output name=a::b" >> "$GITHUB_OUTPUT"
    echo "row_count=2" >> "$BRANCHLINE_OUTPUT"
    echo "{\\"check\\":\\"ids\\",\\"passed\\":true,\\"message\\":\\"$API_KEY\\"}" >> "$BRANCHLINE_OUTPUT"
    exit 4`;
  const result = await real(script);
  expect(result).toMatchObject({
    outcome: 'failure',
    failure: { exitCode: 4, logTail: 'key is ***\n***\n***\nother is not there\n' },
    report: { assets: { 'raw/orders': { rows: 2 } }, checks: [{ check: 'ids', passed: true, message: '***' }] },
    secretsHandedIn: ['API_KEY'],
  });
  expect(bytesBelow(folder)).not.toContain('hunter22');
});

// ── The published client ─────────────────────────────────────────────────────────────────────────────────────────

const CLIENT = 'dagster-pipes==1.13.29';
const PIPES_SCRIPT = `
from dagster_pipes import open_dagster_pipes
with open_dagster_pipes() as pipes:
    assert pipes.asset_key == "raw/orders", pipes.asset_key
    assert pipes.run_id == "r1" and pipes.retry_number == 0

    pipes.log.warning("three rows")
    pipes.report_custom_message({"a": 1})
    pipes.report_asset_check(check_name="ids", passed=False, severity="WARN", metadata={"bad": 1})
    pipes.report_asset_materialization(
        metadata={"dagster/row_count": {"raw_value": 3, "type": "int"}, "home": {"raw_value": "https://x", "type": "url"}},
        data_version="v7",
    )
`;

describe.skipIf(isLacking('python'))('the dagster-pipes client for Python, as it is published', () => {
  const python = () => path.join(folder, 'venv', 'bin', 'python');
  beforeAll(() => {
    execFileSync(commandOf('python')!, ['-m', 'venv', path.join(folder, 'venv')]);
    execFileSync(python(), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', CLIENT]);
  }, 120_000);

  test('reads its context and reports', async () => {
    const heard: string[] = [];
    const shell = `${python()} {0}`;
    const result = await real(PIPES_SCRIPT, { shell, onOutput: (text) => void heard.push(text) });
    expect(result).toMatchObject({
      outcome: 'success',
      report: {
        assets: {
          'raw/orders': {
            materialized: true,
            rows: 3,
            dataVersion: 'v7',
            metadata: { 'dagster/row_count': 3, home: 'https://x' },
          },
        },
        checks: [{ asset: 'raw/orders', check: 'ids', passed: false, severity: 'warn', metadata: { bad: 1 } }],
        problems: [],
      },
    });
    expect(heard.join('')).toContain('WARNING three rows');
  }, 60_000);

  test('tells of the exception that ended it', async () => {
    const script = `
from dagster_pipes import open_dagster_pipes
with open_dagster_pipes() as pipes:
    raise ValueError("no rows for hunter22")
`;
    expect(await real(script, { shell: `${python()} {0}` })).toMatchObject({
      outcome: 'failure',
      failure: { exitCode: 1, message: expect.stringContaining('ValueError: no rows for ***') },
    });
  }, 60_000);
});
