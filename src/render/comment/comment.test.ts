import { join } from 'node:path';
import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { readPullRequestPlan } from '../../plan/changes/pull-request-plan.ts';
import { expectGolden } from '../../testing/golden.ts';
import { pullRequestStory, STORY_BASE, STORY_HEAD } from '../../testing/pull-request-story.ts';
import { COMMENT_LENGTH_MAX, isOurComment, renderComment, renderQuietComment } from './comment.ts';
import type { CommentContext } from './tables.ts';

const CONTEXT: CommentContext = {
  repository: 'https://github.com/acme/weather',
  commit: 'b7e1c2d3e4f5061728394a5b6c7d8e9f01234567',
  isTrusted: true,
};
const golden = (name: string): string => join(import.meta.dirname, '..', 'golden', 'comment', `${name}.md`);
const html = (markdown: string): string =>
  micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });

describe('the comment on a pull request', () => {
  test.each([
    ['changes', pullRequestStory(), true],
    ['stranger', pullRequestStory(), false],
    ['first', { ...pullRequestStory({ 'branchline.yaml': 'name: weather\n' }, STORY_HEAD), isFirst: true }, true],
    [
      'broken',
      pullRequestStory(STORY_BASE, {
        ...STORY_HEAD,
        'pipelines/more.yaml':
          'assets:\n  a: { run: "true", depz: [b] }\n  c: { run: "true", deps: [marts/monthli] }\n',
      }),
      true,
    ],
    ['removed', pullRequestStory(STORY_HEAD, STORY_BASE), true],
    [
      'without-plan',
      { ...pullRequestStory(), wouldRun: undefined, noPlan: 'The recorded state cannot be read: no answer.' },
      true,
    ],
  ] as const)('%s', (name, plan, isTrusted) => {
    const { wouldRun, ...rest } = plan;
    const comment = renderComment(
      { ...rest, ...(wouldRun === undefined ? {} : { wouldRun }) },
      { ...CONTEXT, isTrusted },
    );
    expectGolden(golden(name), comment);
  });

  test('nothing of the pipeline', () => {
    expectGolden(golden('quiet'), renderQuietComment('weather', 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678'));
  });

  test('what is uploaded and read again makes the same comment', () => {
    const plan = pullRequestStory();
    const read = readPullRequestPlan(JSON.stringify(plan));
    expect(read.ok && renderComment(read.value, CONTEXT)).toBe(renderComment(plan, CONTEXT));
  });

  test('ours is known by its first line, for each project', () => {
    const comment = renderComment(pullRequestStory(), CONTEXT);
    expect(isOurComment(comment, 'weather')).toBe(true);
    expect(isOurComment(comment, 'shop')).toBe(false);
    expect(isOurComment(`> ${comment}`, 'weather')).toBe(false);
    expect(isOurComment(renderQuietComment('weather', 'a'), 'weather')).toBe(true);
  });

  test('the drawing is collapsed by the first part of keys beyond 40 assets', () => {
    const plan = pullRequestStory();
    const assets = Array.from({ length: 60 }, (_, i) => ({
      asset: `${i < 50 ? 'marts' : 'raw'}/a${i}`,
      mark: i < 50 ? ('downstream' as const) : ('new' as const),
    }));
    const edges = assets.slice(0, 50).map(({ asset }) => ['raw/a55', asset] as const);
    const comment = renderComment({ ...plan, lineage: { assets, edges } }, CONTEXT);
    expect(comment).toContain('n0["marts/… 50 assets<br>downstream"]:::downstream');
    expect(comment).toContain('  n1 --> n0\n');
    const many = Array.from({ length: 60 }, (_, i) => ({ asset: `g${i}/a`, mark: 'downstream' as const }));
    const wide = { assets: many, edges: many.slice(1).map(({ asset }) => ['g0/a', asset] as const) };
    expect(renderComment({ ...plan, lineage: wide }, CONTEXT)).not.toContain('mermaid');
  });

  test('never longer than GitHub takes, cut between blocks, the headline and the last line whole', () => {
    const plan = pullRequestStory();
    const long = '|<@`'.repeat(250);
    const problem = {
      severity: 'error' as const,
      code: 'x',
      message: long,
      help: long,
      file: 'pipelines/a.yaml',
      line: 1,
    };
    const change = plan.changed!.find(({ asset }) => asset === 'marts/monthly')!;
    const value = { what: long, kind: 'changed' as const, before: long.slice(0, 300), after: long.slice(0, 300) };
    const amounts = fc.record({
      problems: fc.integer({ min: 0, max: 500 }),
      changed: fc.integer({ min: 0, max: 500 }),
      values: fc.integer({ min: 0, max: 100 }),
      settings: fc.integer({ min: 0, max: 500 }),
    });
    fc.assert(
      fc.property(amounts, ({ problems, changed, values, settings }) => {
        const comment = renderComment(
          {
            ...plan,
            problems: Array(problems).fill(problem),
            totals: { ...plan.totals, errors: problems, changed, settings },
            changed: Array(changed).fill({
              ...change,
              reasons: [{ reason: 'policy', values: Array(values).fill(value) }],
            }),
            settings: Array(settings).fill(value),
          },
          CONTEXT,
        );
        expect(comment.length).toBeLessThanOrEqual(COMMENT_LENGTH_MAX);
        expect(comment.split('\n')[1]).toMatch(/^### Branchline: \S.* \S/);
        expect(comment).toMatch(
          /<sub>Plan `[0-9a-f…]+` against the merge base `a1b2c3d`\. Edited at each push\.<\/sub>$/,
        );
        const page = html(comment);
        for (const tag of ['details', 'table', 'sub'])
          expect(page.split(`<${tag}>`).length).toBe(page.split(`</${tag}>`).length);
      }),
      { numRuns: 10 },
    );
  });
});
