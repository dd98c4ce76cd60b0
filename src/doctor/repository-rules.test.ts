import { describe, expect, test } from 'vitest';
import type { GitHubEnvironment, RepositoryFacts, WorkflowFile } from '../ports-github.ts';
import { CHECKOUT } from '../render/workflows/pinned-action.ts';
import { scheduledWorkflow } from '../render/workflows/scheduled.ts';
import { examineWorkflows } from './examine.ts';
import { judgeRepository, type RepositorySeen, type Seen } from './repository-rules.ts';

const NOW = Date.UTC(2026, 10, 23);
const DAY = 86_400_000;
const PATH = '.github/workflows/branchline.yml';
const text = scheduledWorkflow({
  action: { name: 'acme/branchline', commit: '0'.repeat(40), version: 'v1.0.0' },
  checkout: CHECKOUT,
  version: '1.0.0',
  branches: ['main'],
  crons: ['23 2 * * *'],
  ringsAMonth: 30,
  isScheduled: true,
  secrets: [],
  variables: [],
  isCached: false,
  usesOidc: false,
});

const FACTS: RepositoryFacts = {
  name: 'acme/data',
  visibility: 'private',
  defaultBranch: 'main',
  pushedAt: NOW - DAY,
  isFork: false,
  isArchived: false,
};
const ENVIRONMENT: GitHubEnvironment = {
  name: 'production',
  reviewers: [],
  waitMinutes: 0,
  branches: { kind: 'selected', patterns: ['main'] },
};
const FILE: WorkflowFile = { id: 1, name: 'branchline', path: PATH, state: 'active' };

const seen = <T>(value: T): Seen<T> => ({ ok: true, value });
const refused = (code: 'not-found' | 'unreachable'): Seen<never> => ({
  ok: false,
  error: { code, message: `it is ${code}` },
});

interface Case {
  readonly facts?: Partial<RepositoryFacts> | Seen<never>;
  readonly environment?: Partial<GitHubEnvironment> | Seen<never>;
  readonly file?: Partial<WorkflowFile> | Seen<never>;
  readonly defaults?: RepositorySeen['tokenDefaults'];
  readonly isCached?: boolean;
  readonly branches?: readonly string[];
  readonly workflow?: string;
}

function judge(of: Case) {
  const { jobs } = examineWorkflows({
    files: new Map([[PATH, of.workflow ?? text]]),
    folder: '',
    isItsRepository: false,
    version: '1.0.0',
    now: NOW,
  });
  const answer = <T extends object>(base: T, given: Partial<T> | Seen<never> | undefined): Seen<T> =>
    given && 'ok' in given ? (given as Seen<never>) : seen({ ...base, ...given });
  return judgeRepository(
    {
      facts: answer(FACTS, of.facts),
      environments: new Map([['production', answer(ENVIRONMENT, of.environment)]]),
      workflows: new Map([[PATH, answer(FILE, of.file)]]),
      tokenDefaults: of.defaults ?? { ok: false, error: { code: 'forbidden', message: 'no' } },
    },
    jobs,
    { now: NOW, branches: of.branches, isCached: of.isCached ?? false },
  );
}

const codes = (of: Case): string[] => judge(of).findings.map(({ severity, code }) => `${severity} ${code}`);

describe('settings of the repository', () => {
  test.each<[what: string, of: Case, found: string[]]>([
    ['are as they should be', {}, []],
    ['reviewers hold every ring', { environment: { reviewers: ['ann'] } }, ['error environment-waits']],
    ['a timer holds every ring', { environment: { waitMinutes: 5 } }, ['warning environment-waits']],
    [
      'every branch may use the environment',
      { environment: { branches: { kind: 'any' } } },
      ['warning environment-open'],
    ],
    ['protected branches may', { environment: { branches: { kind: 'protected' } } }, []],
    [
      'the production branch may not',
      { environment: { branches: { kind: 'selected', patterns: ['release/*'] } } },
      ['error environment-closed'],
    ],
    [
      'a pattern lets it in',
      {
        branches: ['release/a/b', 'v1'],
        environment: { branches: { kind: 'selected', patterns: ['release/**', 'v?'] } },
      },
      [],
    ],
    [
      'patterns that may not be read are not judged',
      { environment: { branches: { kind: 'selected', patterns: undefined } } },
      [],
    ],
    ['there is no environment', { environment: refused('not-found') }, ['warning environment-missing']],
    ['the workflow sleeps', { file: { state: 'disabled_inactivity' } }, ['error workflow-off']],
    ['the workflow was switched off', { file: { state: 'disabled_manually' } }, ['error workflow-off']],
    [
      'a quiet public repository',
      { facts: { visibility: 'public', pushedAt: NOW - 50 * DAY } },
      ['warning schedules-stop'],
    ],
    ['a quiet private one', { facts: { pushedAt: NOW - 500 * DAY } }, []],
    ['a busy public one', { facts: { visibility: 'public', pushedAt: NOW - 45 * DAY } }, []],
    ['the cache of a public one', { facts: { visibility: 'public' }, isCached: true }, ['warning storage-readable']],
    ['the cache of a private one', { isCached: true }, []],
    [
      'the encrypted cache of a public one',
      {
        facts: { visibility: 'public' },
        isCached: true,
        workflow: `${text}        env: { BRANCHLINE_STORAGE_KEY: "\${{ secrets.BRANCHLINE_STORAGE_KEY }}" }\n`,
      },
      [],
    ],
    ['tokens may write all', { defaults: seen({ permissions: 'write' }) }, ['warning permission-too-wide']],
  ])('%s', (_, of, found) => {
    expect(codes(of)).toEqual(found);
  });

  test('what could not be asked is said, and is no finding', () => {
    const { findings, notSeen } = judge({
      facts: refused('unreachable'),
      environment: { ...refused('unreachable') },
      file: refused('not-found'),
    });
    expect(findings).toEqual([]);
    expect(notSeen).toEqual([
      { what: 'the repository', why: 'it is unreachable' },
      { what: 'the environment production', why: 'it is unreachable' },
      { what: PATH, why: 'it is not on GitHub yet' },
    ]);
  });
});
