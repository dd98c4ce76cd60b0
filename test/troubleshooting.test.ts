import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BaseProblem } from '../src/adapters/git-merge-base.ts';
import type { StateStoreProblem } from '../src/adapters/git-place.ts';
import type { PlanFileProblem } from '../src/adapters/plan-files.ts';
import type { PlanRefusal } from '../src/model/plan.ts';
import type { SqlFailure } from '../src/ports.ts';
import type { GitHubRefusal } from '../src/ports-github.ts';
import { failureCodes } from '../src/testing/failure-codes.ts';

const source = path.resolve(import.meta.dirname, '..', 'src');
const page = readFileSync(path.resolve(source, '..', 'docs', 'troubleshooting.md'), 'utf8');
const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (.+?) \| (.+?) \|$/gm)].map(([, code, cause, cure]) => ({
  code: code!,
  cause: cause!,
  cure: cure!,
}));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|^testing\//.test(file));
const found = files.map((file) => ({ file, ...failureCodes(file, readFileSync(path.join(source, file), 'utf8')) }));

const git: Record<StateStoreProblem['code'], true> = {
  'git-missing': true,
  'git-too-old': true,
  'no-remote': true,
  'no-repository': true,
  'private-repository': true,
  'unknown-git': true,
};
const base: Record<BaseProblem['code'], true> = {
  'no-commit': true,
  'no-default-branch': true,
  'no-merge-base': true,
  'no-repository': true,
  shallow: true,
  'unknown-base': true,
};
const plan: Record<PlanRefusal['code'], true> = {
  'empty-selection': true,
  'other-partitions': true,
  selection: true,
  'upstream-never-materialized': true,
};
const planFile: Record<PlanFileProblem['code'], true> = {
  'plan-ambiguous': true,
  'plan-broken': true,
  'plan-unknown': true,
};
const sql: Record<
  Exclude<SqlFailure['code'], 'sql' | 'damaged' | 'attached-damaged' | 'interrupted' | 'timeout'>,
  true
> = {
  'driver-missing': true,
  locked: true,
  unreachable: true,
};

const github: Record<`github-${GitHubRefusal['code']}`, true> = {
  'github-forbidden': true,
  'github-limited': true,
  'github-not-found': true,
  'github-refused': true,
  'github-too-large': true,
  'github-unreachable': true,
};

/** Codes that an expression may yield, by file and expression. The types say that none is missing. */
const COMPUTED: Readonly<Record<string, readonly string[]>> = {
  // A shape of records, not a failure.
  'state/event-shapes.ts: text': [],
  'app/comment-stage.ts: `github-${refusal.code}`': Object.keys(github),
  'app/pull-request.ts: `github-${refusal.code}`': Object.keys(github),
  'app/planning.ts: refusal.code': Object.keys(plan),
  // A refusal that is recorded on its run: counted where it is given.
  'app/release.ts: failure.code': [],
  'app/sql-failure.ts: failure.code': Object.keys(sql),
  'app/state-repair.ts: `state-${outcome.kind}`': ['state-outrun', 'state-denied'],
  'app/state-session.ts: `state-${outcome.kind}`': ['state-outrun', 'state-denied'],
  'cli/changes.ts: found.error.code': Object.keys(base),
  'cli/run.ts: expected.error.code': Object.keys(planFile),
  'compose/review.ts: location.error.code': Object.keys(git),
  'compose/open-store.ts: code': Object.keys(git),
  'compose/ground.ts: location.error.code': Object.keys(git),
};

describe('docs/troubleshooting.md', () => {
  test('has every code that the program can give', () => {
    const spelled = found.flatMap(({ codes }) => codes);
    const computed = found.flatMap((of) => of.computed.map((text) => `${of.file}: ${text}`));
    // A new expression here needs its codes above.
    expect(computed.filter((expression) => COMPUTED[expression] === undefined)).toEqual([]);
    const codes = [...new Set([...spelled, ...computed.flatMap((expression) => COMPUTED[expression] ?? [])])].sort();
    expect(codes.length).toBeGreaterThan(60);
    const explained = new Set(rows.map(({ code }) => code));
    expect(codes.filter((code) => !explained.has(code))).toEqual([]);
    // What nothing gives any more is not kept.
    expect([...explained].filter((code) => !codes.includes(code))).toEqual([]);
  });

  test('says for each why, and what to do, once', () => {
    expect(rows.filter(({ cause, cure }) => cause.length < 20 || cure.length < 15)).toEqual([]);
    expect(rows.map(({ code }) => code).filter((code, i, all) => all.indexOf(code) !== i)).toEqual([]);
  });

  test('a new code would be seen', () => {
    const text = `
      fail(inputFailure('a-code', 'x'));
      outsideFailure(isNew ? 'b-code' : 'c-code', 'x');
      const failure = { class: 'step', code: 'd-code', message: 'x' };
      const other = { code: 'e-code', message: 'no failure of a step' };
      inputFailure(error.code, 'x');
    `;
    expect(failureCodes('x.ts', text)).toEqual({
      codes: ['a-code', 'b-code', 'c-code', 'd-code'],
      computed: ['error.code'],
    });
  });
});
