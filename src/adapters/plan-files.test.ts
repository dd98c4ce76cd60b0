import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../base/digest.ts';
import type { Plan } from '../model/plan.ts';
import { findPlan, keepPlan } from './plan-files.ts';

const planOf = (n: number): Plan => ({
  format: 1,
  environment: 'local',
  request: {
    kind: 'schedule',
    schedule: `s${n}`,
    tick: '2026-11-22T09:23:00.000Z',
    selection: '*',
    materialize: 'all',
  },
  runId: 'r',
  steps: [],
  digest: sha256(String(n)),
  tags: {},
  estimates: {},
});

describe('plan files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plans-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const find = (what: string): string => {
    const found = findPlan(folder, what);
    return found.ok ? found.value.digest : found.error.code;
  };

  it('finds a plan by the start of its digest, or in a file', () => {
    const plan = planOf(1);
    keepPlan(folder, plan, 1);
    expect(find(plan.digest.slice(0, 8))).toBe(plan.digest);
    const file = join(folder, 'kept.json');
    writeFileSync(file, JSON.stringify({ version: 1, plan }));
    expect(find(file)).toBe(plan.digest);
  });

  it('says what is wrong', () => {
    expect(find('abcd1234')).toBe('plan-unknown');
    writeFileSync(join(folder, 'x.json'), '{"format": 2}');
    expect(find(join(folder, 'x.json'))).toBe('plan-broken');
    keepPlan(folder, { ...planOf(1), digest: `abcd${'0'.repeat(60)}` }, 1);
    keepPlan(folder, { ...planOf(2), digest: `abcd${'1'.repeat(60)}` }, 2);
    expect(find('abcd')).toBe('plan-ambiguous');
  });

  it('keeps the newest 50, each once', () => {
    for (let n = 0; n < 55; n++) keepPlan(folder, planOf(n), n);
    keepPlan(folder, planOf(54), 60);
    expect(readdirSync(folder)).toHaveLength(50);
    expect(find(planOf(0).digest)).toBe('plan-unknown');
    expect(find(planOf(54).digest)).toBe(planOf(54).digest);
  });
});
