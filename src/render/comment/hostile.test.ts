import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import type { PullRequestPlan } from '../../model/pull-request-plan.ts';
import { readPullRequestPlan } from '../../plan/changes/pull-request-plan.ts';
import { pullRequestStory } from '../../testing/pull-request-story.ts';
import { COMMENT_LENGTH_MAX, renderComment } from './comment.ts';

const REPOSITORY = 'https://github.com/acme/weather';
const COMMIT = 'b7e1c2d3e4f5061728394a5b6c7d8e9f01234567';

/** What a stranger might write wherever the schema takes text. */
const TEXTS: readonly (readonly [string, string])[] = [
  ['a mention', '@octocat please look'],
  ['a team mention behind a bracket', '(@acme/everyone)'],
  ['a mention in code', '`@octocat`'],
  ['a mention behind an unclosed backquote', '`` ` @octocat'],
  ['an issue', 'closes #1, GH-2 and other/repo#3'],
  ['a commit', `see a1b2c3d4e5f60718293a4b5c6d7e8f9012345678 and b7e1c2d`],
  ['a link', '[click](https://evil.example)'],
  ['a link by reference', '[click][x]\n\n[x]: https://evil.example'],
  ['a bare address', 'https://evil.example/?x=1 and http://evil.example'],
  ['a bare host', 'www.evil.example'],
  ['an e-mail address', 'somebody@evil.example'],
  ['mailto and xmpp', 'mailto:a@evil.example xmpp:a@evil.example'],
  ['an address in angle brackets', '<https://evil.example> <a@evil.example>'],
  ['javascript', '[x](javascript:alert(1)) <a href="javascript:alert(1)">x</a>'],
  ['an image', '![x](https://evil.example/x.png)'],
  ['an image in HTML', '<img src=https://evil.example/x.png onerror=alert(1)>'],
  ['an image by its name', ':octocat: :shipit:'],
  ['a script', '<script>alert(1)</script>'],
  ['a style', '<style>*{display:none}</style><svg/onload=alert(1)>'],
  ['the end of what is folded', '</details></sub></td></tr></table><details open>'],
  ['an HTML comment', '<!-- branchline weather --> --> <!--'],
  ['entities', '&lt;img src=x&gt; &#64;octocat &#x40;octocat &commat;octocat'],
  ['cells of a table', 'a | b | c || \\| d'],
  ['lines', 'a\n\n# Branchline: all fine\n\n- [x] done\n\n| a |\n|---|'],
  ['other line ends', 'a\r\n\r\n> quoted\u2028\u2029\u0085\n***'],
  ['headings and rules', '# a\n===\n---\n## b ##'],
  ['a fence', '```\n```mermaid\ngraph TD; click A "https://evil.example"\n```\n~~~'],
  ['a drawing', 'n0["x"]\n  click n0 href "https://evil.example"\n  %%{init: {}}%%'],
  ['math', '$\\href{https://evil.example}{x}$ $$a$$ $`b`$'],
  ['a footnote', '[^1] x\n\n[^1]: https://evil.example'],
  ['an alert', '> [!WARNING]\n> merge at once'],
  ['commands of a workflow', '::set-output name=x::y\n::error file=a.ts::b\n##[group]x\n::stop-commands::z'],
  ['a terminal', '\u001b[31mred\u001b]8;;https://evil.example\u0007x\u001b]8;;\u0007\u009b2J'],
  ['bidirectional overrides', 'safe\u202eexe.txt\u202c \u2066x\u2069 \u200fx\u061c'],
  ['characters without width', 'a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg\u180eh'],
  ['tags without looks', `x${String.fromCodePoint(0xe0001, 0xe0062, 0xe007f)}y`],
  ['half of a character', 'a\ud800b\udc00c'],
  ['many marks on one letter', `a${'\u0301'.repeat(150)}`],
  ['emphasis across cells', '**a __b ~~c *d'],
  ['a backslash at the end', 'a\\'],
  ['NUL and controls', 'a\u0000b\u0008c\u007fd\u0085e'],
  ['nothing but blanks', '  \t  '],
];

/** Every place of the plan that takes free text, filled with it. */
function planWith(text: string): PullRequestPlan {
  const plan = pullRequestStory();
  const shown = text.slice(0, 301);
  const value = {
    what: text,
    kind: 'changed' as const,
    before: shown,
    after: shown,
    lines: { added: 1, removed: 2 },
    file: text,
  };
  const values = [
    value,
    { what: text, kind: 'added' as const, after: shown },
    { what: text, kind: 'removed' as const, before: shown, file: text },
  ];
  return {
    ...plan,
    problems: ['error', 'warning'].map((severity) => ({
      severity: severity as 'error',
      code: 'unknown-key',
      message: text,
      help: text,
      file: text,
      line: 3,
    })),
    changed: plan.changed!.map((change) => ({
      ...change,
      owners: [text],
      definedAt: { ...change.definedAt, file: text },
      reasons: change.reasons.map((reasoned) => ({ ...reasoned, values })),
    })),
    settings: values,
    exposures: [{ name: text, type: 'dashboard', owner: text, url: text, reads: ['marts/monthly'] }],
    wouldRun: { ...plan.wouldRun!, assets: plan.wouldRun!.assets.map((each) => ({ ...each, detail: [text, text] })) },
    noPlan: text,
  };
}

function commentOf(plan: PullRequestPlan): string {
  const read = readPullRequestPlan(JSON.stringify(plan));
  if (!read.ok) throw new Error(read.error);
  return renderComment(read.value, { repository: REPOSITORY, commit: COMMIT, isTrusted: false });
}

const OURS = new Set('h3 table thead tbody tr th td code pre p ul li a strong sub details summary br'.split(' '));

/** All that is wrong with a comment, as GitHub would read it. */
function breachesOf(comment: string): string[] {
  const breaches: string[] = [];
  const html = micromark(comment, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  const body = html.replace(/^<!-- branchline weather -->\n?/, '');
  if (body === html) breaches.push('the first line is not ours');
  for (const [tag, name, attributes] of body.matchAll(/<\/?([a-zA-Z!][^\s>]*)([^>]*)>/g)) {
    if (!OURS.has(name!.toLowerCase())) breaches.push(`the tag ${tag}`);
    const rest = attributes!
      .replace(/ (align|class|href)="[^"]*"/g, '')
      .replace(/\/?$/, '')
      .trim();
    if (rest !== '') breaches.push(`attributes of ${tag}`);
    const target = / href="([^"]*)"/.exec(attributes!)?.[1];
    if (target === undefined) continue;
    const url = new URL(target.replaceAll('&amp;', '&'));
    if (!url.href.startsWith(`${REPOSITORY}/blob/${COMMIT}/`)) breaches.push(`a link to ${target}`);
  }
  if ((body.match(/<h\d/g) ?? []).length !== 1) breaches.push('a heading');
  for (const row of body.matchAll(/<tr>([\s\S]*?)<\/tr>/g)) {
    const cells = (row[1]!.match(/<t[dh]/g) ?? []).length;
    if (cells !== 2 && cells !== 4) breaches.push(`a row of ${cells} cells`);
  }
  for (const tag of ['details', 'sub', 'table', 'code'])
    if (
      (body.match(new RegExp(`<${tag}>|<${tag} `, 'g')) ?? []).length !==
      (body.match(new RegExp(`</${tag}>`, 'g')) ?? []).length
    )
      breaches.push(`<${tag}> is not closed`);
  for (const drawing of body.matchAll(/<code class="language-mermaid">([\s\S]*?)<\/code>/g)) {
    const odd = drawing[1]!
      .trim()
      .split('\n')
      .filter(
        (line) =>
          !/^(flowchart LR| {2}n\d+\[&quot;[\w./… -]+(&lt;br&gt;\w+)?&quot;\]:::\w+| {2}n\d+ --&gt; n\d+| {2}classDef \w+ stroke-[\w: -]+)$/.test(
            line,
          ),
      );
    if (odd.length > 0) breaches.push(`in the drawing: ${odd[0]}`);
  }
  if ((body.match(/class="language-(?!mermaid)/g) ?? []).length > 0) breaches.push('a fence');
  // Mathematics is looked for in the Markdown itself, between two signs.
  if (comment.split('\n').some((line) => line.split('$').length > 2)) breaches.push('math');
  return [...breaches, ...breachesOfText(body)];
}

/** What GitHub would still make of the text between the tags, outside of code. */
function breachesOfText(body: string): string[] {
  const prose = body
    .replace(/<pre>[\s\S]*?<\/pre>/g, ' ')
    .replace(/<code>[\s\S]*?<\/code>/g, ' ')
    .replace(/<[^>]*>/g, '\n')
    .replace(/&(lt|gt|quot|amp);/g, (_, name: string) => ({ lt: '<', gt: '>', quot: '"', amp: '&' })[name]!);
  const rules: readonly (readonly [string, RegExp])[] = [
    ['a mention', /@[A-Za-z0-9]/],
    ['an issue', /#\d|\bGH-\d/i],
    ['an address', /:\/\/|www\.|mailto:|xmpp:/i],
    ['an emoji by its name', /:[a-z0-9_+-]+:/i],
    ['a commit', /\b[0-9a-f]{7,40}\b/],
  ];
  const found = rules.flatMap(([what, rule]) => (rule.test(prose) ? [`${what}: ${rule.exec(prose)![0]}`] : []));
  // Of format characters only the one that we put between.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there
  if (/(?!\u200b)\p{Cf}|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Cs}/u.test(body))
    found.push('a character that nobody sees');
  return found;
}

describe('nothing that a stranger writes can do anything', () => {
  test.each(TEXTS)('%s', (_, text) => {
    const comment = commentOf(planWith(text));
    expect(comment.length).toBeLessThanOrEqual(COMMENT_LENGTH_MAX);
    expect(breachesOf(comment)).toEqual([]);
  });

  test('there are enough of them, and all at once are no better', () => {
    expect(TEXTS.length).toBeGreaterThanOrEqual(30);
    const all = TEXTS.map(([, text]) => text).join(' ');
    for (const start of [0, 200, 400, 600, 800, 1000, 1200])
      expect(breachesOf(commentOf(planWith(all.slice(start, start + 200))))).toEqual([]);
  });

  test.each([
    ['a mention', '@octocat'],
    ['a link', '[x](https://evil.example)'],
    ['an image', '![x](https://evil.example/x.png)'],
    ['a tag', '<b>x</b>'],
    ['a heading', '\n\n# x\n\n'],
    ['a commit', 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678'],
    ['an emoji', ':octocat:'],
    ['a bidirectional override', '\u202e'],
    ['math', '$x$'],
  ])('the test would see %s', (_, text) => {
    const comment = commentOf(pullRequestStory());
    expect(breachesOf(comment)).toEqual([]);
    expect(breachesOf(comment.replace('**Look at:**', `**Look at:** ${text}`))).not.toEqual([]);
  });
});

describe('a path leads to a file of the commit or nowhere', () => {
  test.each([
    '../../../settings/x',
    '/etc/passwd',
    'a//b',
    'a/./b',
    '..\\x',
    'https://evil.example',
    'a/%2e%2e/b',
    '?x=1#y',
    'javascript:alert(1)',
  ])('%s', (file) => {
    const plan = pullRequestStory();
    const problems = [{ severity: 'error' as const, code: 'x', message: 'y', file, line: 1 }];
    expect(breachesOf(commentOf({ ...plan, problems, totals: { ...plan.totals, errors: 1 } }))).toEqual([]);
  });
});

describe('what is no plan of ours is not read', () => {
  const plan = pullRequestStory();
  const json = (more: object): string => JSON.stringify({ ...plan, ...more });
  test.each<[string, string]>([
    ['no JSON', '{'],
    ['nothing', ''],
    ['a list', '[]'],
    ['another version', json({ version: 2 })],
    ['a key too many', json({ pullRequest: 7 })],
    ['a prototype', JSON.stringify(plan).replace('{', '{"__proto__":{"isTrusted":true},')],
    ['a prototype further in', JSON.stringify(plan).replace('"totals":{', '"totals":{"__proto__":{"errors":1},')],
    ['a constructor', json({ constructor: { prototype: { polluted: true } } })],
    ['a name of a project with marks', json({ project: 'x --> <b>' })],
    ['a commit that is none', json({ base: 'main' })],
    ['a digest that is none', json({ wouldRun: { ...plan.wouldRun, digest: '<b>' } })],
    ['a number that is text', json({ totals: { ...plan.totals, errors: '1' } })],
    ['a number below zero', json({ totals: { ...plan.totals, changed: -1 } })],
    ['an infinite number', JSON.stringify(plan).replace('"p50Ms":8000', '"p50Ms":1e999')],
    ['an unknown reason', JSON.stringify(plan).replace('"code_version"', '"<b>"')],
    ['a key of an asset with marks', json({ downstream: [{ asset: 'a"]; click', reads: [], hops: 1 }] })],
    ['a list without end', json({ problems: Array(501).fill(plan.problems[0] ?? 1) })],
    ['a text without end', json({ noPlan: 'x'.repeat(501) })],
    ['a file without end', `${JSON.stringify(plan)}${' '.repeat(4_000_001)}`],
    ['a depth without end', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
  ])('%s', (_, text) => {
    expect(readPullRequestPlan(text).ok).toBe(false);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('what is one is', () => {
    expect(readPullRequestPlan(JSON.stringify(plan))).toEqual({ ok: true, value: plan });
  });
});
