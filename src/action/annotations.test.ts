import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { EventDraft } from '../model/events.ts';
import { sketchProject } from '../testing/plan-builder.ts';
import { type Annotation, annotateDiagnostics, annotateRun, boundAnnotations } from './annotations.ts';

const base = { at: '2026-11-22T09:23:00.000Z', run: 'r1', step: 'a' } as const;
const project = sketchProject({ a: { blocking: ['ids'] }, b: {} });
const place = { file: 'pipelines/a.yaml', line: 1, column: 1 };

function judged(more: object): EventDraft {
  return {
    ...base,
    type: 'check.judged',
    asset: 'a',
    check: 'ids',
    status: 'FAILED',
    severity: 'error',
    blocking: true,
    stage: 'audit',
    message: '2 rows',
    metadata: {},
    durationMs: 1,
    ...more,
  };
}
const failed: EventDraft = {
  ...base,
  type: 'step.ended',
  outcome: 'failure',
  failure: { class: 'step', code: 'exit-code', message: 'exit code 3' },
  failedAssets: ['a'],
  durationMs: 1,
};

describe('annotateDiagnostics', () => {
  it('stands where it is mended', () => {
    const span = { file: 'branchline.yaml', line: 3, column: 5, length: 4 };
    const found: Diagnostic = { code: 'unknown-key', severity: 'warning', message: 'no key', help: 'write x', span };
    expect(annotateDiagnostics([found])).toEqual([
      {
        level: 'warning',
        title: 'unknown-key',
        message: 'no key; write x',
        file: 'branchline.yaml',
        line: 3,
        column: 5,
      },
    ]);
  });
});

describe('annotateRun', () => {
  it('says which step failed, where it is defined', () => {
    expect(annotateRun([failed], project)).toEqual([
      { level: 'error', title: 'a failed', message: 'exit code 3', ...place },
    ]);
  });

  it('says of a check that blocked only that, not also that its asset failed', () => {
    expect(annotateRun([judged({}), failed], project)).toEqual([
      { level: 'error', title: 'a: check ids failed', message: '2 rows', ...place },
    ]);
  });

  it('tells a warning and what could not be judged from an error', () => {
    const drafts = [
      judged({ severity: 'warn', blocking: false }),
      judged({ check: 'other', status: 'ERRORED', blocking: false }),
      judged({ check: 'fine', status: 'PASSED' }),
    ];
    expect(annotateRun(drafts, project).map(({ level, title }) => `${level} ${title}`)).toEqual([
      'warning a: check ids failed',
      'error a: check other could not judge',
    ]);
  });
});

describe('boundAnnotations', () => {
  const many = (level: Annotation['level'], n: number): Annotation[] =>
    Array.from({ length: n }, (_, i) => ({ level, title: `t${i}`, message: 'm', file: 'a.yaml', line: i + 1 }));

  it('keeps what GitHub keeps, ten of each level, and says how many more there are', () => {
    const bounded = boundAnnotations([...many('error', 12), ...many('warning', 10)], '');
    expect(bounded.filter(({ level }) => level === 'error')).toHaveLength(10);
    expect(bounded.filter(({ level }) => level === 'warning')).toHaveLength(10);
    expect(bounded[9]).toMatchObject({ title: '3 more' });
    expect(bounded.at(-1)).toMatchObject({ title: 't9' });
  });

  it('names files from the root of the repository', () => {
    const [one] = boundAnnotations(many('error', 1), 'teams/data');
    expect(one).toMatchObject({ file: 'teams/data/a.yaml' });
  });

  it('cuts long messages', () => {
    const [one] = boundAnnotations([{ level: 'error', title: 't', message: 'x'.repeat(5_000) }], '');
    expect(one!.message).toHaveLength(1_001);
  });
});
