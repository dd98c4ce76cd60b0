import { afterEach, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject } from '../src/testing/cli-project.ts';
import { repositoryModel } from '../src/testing/github/repository-model.ts';
import { startRestApi } from '../src/testing/github/rest-api.ts';

const ACTION = `acme/branchline@${'0123456789'.repeat(4)}#v1.0.0`;

interface DoctorJson {
  readonly findings: readonly {
    readonly code: string;
    readonly severity: string;
    readonly span?: { readonly file: string; readonly line: number };
  }[];
  readonly notSeen: readonly { readonly what: string; readonly why: string }[];
  readonly workflows: readonly string[];
}

let project: CliProject;
afterEach(() => project.remove());

/** A project as `init` leaves it. */
async function initialised(): Promise<void> {
  project = makeCliProject({});
  await project.json(['init', 'shop', '--action', ACTION]);
  project.commit();
}
const codesOf = ({ findings }: DoctorJson): string[] => findings.map(({ code }) => code);
const noToken = { env: { GITHUB_TOKEN: '', BRANCHLINE_TOKEN: '' } };

describe('branchline doctor', () => {
  test('finds nothing in what init wrote, and says what it could not look at', async () => {
    await initialised();
    const { findings, notSeen, workflows } = await project.json<DoctorJson>(['doctor'], 0, noToken);
    expect(findings).toEqual([]);
    expect(notSeen).toEqual([
      { what: expect.stringContaining('on GitHub'), why: expect.stringContaining('GITHUB_TOKEN') },
    ]);
    expect(workflows).toHaveLength(3);
    const end = await project.run(['doctor'], noToken);
    expect(end.stdout).toContain('3 workflows looked at: all fine.');
    project.git('remote', 'add', 'origin', '/no/such/repository');
    const away = (await project.run(['doctor'], noToken)).stdout;
    expect(away).toMatch(/Not looked at: the state of production[^\n]*: origin cannot be reached[^\n]*[^.]\.\n/);
  });

  test('shows each finding at its place, with the line to write; errors are exit code 2', async () => {
    await initialised();
    const path = '.github/workflows/branchline.yml';
    project.write(path, project.read(path).replace('contents: write', 'contents: read'));
    const end = await project.run(['doctor'], noToken);
    expect(end.code).toBe(2);
    expect(end.stdout).toMatch(
      /branchline\.yml:\d+:\d+ {2}permission-missing\n[\s\S]*\^\^\^\^[\s\S]*help: write `contents: write`/,
    );
    expect(end.stdout).toContain('1 problem.');
    const json = await project.json<DoctorJson>(['doctor'], 2, noToken);
    expect(json.findings).toMatchObject([{ code: 'permission-missing', severity: 'error', span: { file: path } }]);
  });

  test('warnings alone are exit code 0', async () => {
    await initialised();
    const path = '.github/workflows/branchline.yml';
    project.write(path, project.read(path).replace('timeout-minutes: 350', 'timeout-minutes: 310'));
    expect(codesOf(await project.json<DoctorJson>(['doctor'], 0, noToken))).toEqual(['budget-too-long']);
  });

  test('looks at git: a branch in the way, here and at the remote, and a clone that carries the state', async () => {
    await initialised();
    project.git('branch', 'branchline');
    expect(codesOf(await project.json<DoctorJson>(['doctor'], 2, noToken))).toEqual(['branch-in-the-way']);
    project.git('branch', '--delete', '--force', 'branchline');
    project.sandbox.makeBare('origin.git');
    project.git('remote', 'add', 'origin', '../origin.git');
    project.git('push', '--quiet', 'origin', 'HEAD:refs/heads/branchline');
    expect(codesOf(await project.json<DoctorJson>(['doctor'], 2, noToken))).toEqual(['branch-in-the-way']);
    project.git('push', '--quiet', 'origin', ':refs/heads/branchline');
    project.git('push', '--quiet', 'origin', 'HEAD:refs/heads/branchline/outputs');
    project.git('fetch', '--quiet', 'origin');
    expect(codesOf(await project.json<DoctorJson>(['doctor'], 0, noToken))).toEqual(['clone-carries-state']);
    // The cure that it prints.
    const help = (await project.run(['doctor'], noToken)).stdout;
    expect(help).toContain("git config --add remote.origin.fetch '^refs/heads/branchline/*'");
    project.git('config', '--add', 'remote.origin.fetch', '^refs/heads/branchline/*');
    project.git('branch', '--remotes', '--delete', 'origin/branchline/outputs');
    project.git('fetch', '--quiet', 'origin');
    expect(codesOf(await project.json<DoctorJson>(['doctor'], 0, noToken))).toEqual([]);
  });

  test('says that no workflow is there, that manifests have mistakes, and that a driver is missing', async () => {
    project = makeCliProject({ 'branchline.yaml': 'name: a\nassets: { a: { rnu: "true" } }\n' });
    expect(codesOf(await project.json<DoctorJson>(['doctor'], 2, noToken))).toEqual([
      'no-workflow',
      'manifests-broken',
    ]);
    project.write('branchline.yaml', 'name: a\nconnections: { w: { type: duckdb, path: data/w.duckdb } }\n');
    const bare = { env: { ...noToken.env, BRANCHLINE_ENGINES: project.root } };
    expect(codesOf(await project.json<DoctorJson>(['doctor'], 2, bare))).toEqual(['no-workflow', 'engine-missing']);
  });

  test('with a token it asks GitHub, and finds what holds every ring', async () => {
    await initialised();
    const model = repositoryModel({ visibility: 'public', pushedAt: Date.now() });
    model.environments.set('production', {
      name: 'production',
      reviewers: ['ann'],
      waitMinutes: 0,
      branches: { kind: 'any' },
    });
    const path = '.github/workflows/branchline.yml';
    model.workflowFiles.set('branchline.yml', { id: 1, name: 'branchline', path, state: 'disabled_inactivity' });
    const api = await startRestApi(model);
    try {
      const env = { GITHUB_API_URL: api.url, GITHUB_TOKEN: 'ghs_test', GITHUB_REPOSITORY: 'acme/shop' };
      const { findings, notSeen } = await project.json<DoctorJson>(['doctor'], 2, { env });
      expect(findings.map(({ code }) => code).sort()).toEqual([
        'environment-open',
        'environment-waits',
        'workflow-off',
      ]);
      expect(notSeen.map(({ what }) => what)).toEqual([
        '.github/workflows/branchline-comment.yml',
        '.github/workflows/branchline-pr.yml',
      ]);
      model.permissions = { metadata: 'read' };
      const blind = await project.json<DoctorJson>(['doctor'], 0, { env });
      expect(blind.findings).toEqual([]);
      expect(blind.notSeen.map(({ why }) => why)).toContain('the token lacks `actions: read`');
    } finally {
      await api.stop();
    }
  });
});

test('a limit of time far above what runs take is told, with the place where it is written', async () => {
  project = makeCliProject({
    'branchline.yaml': 'name: shop\nassets:\n  a:\n    run: "true"\n    timeout: 4h\n',
  });
  for (let n = 0; n < 10; n++) await project.run(['run', '--select', 'key:a', '--environment', 'production', '--yes']);
  const { findings } = await project.json<DoctorJson & { findings: { message: string }[] }>(['doctor'], 2, noToken);
  expect(findings).toMatchObject([
    { code: 'no-workflow' },
    {
      code: 'limit-loose',
      severity: 'warning',
      message: expect.stringMatching(/asset a: p99 of the last 10 successes is [\d.]+ s; the limit is 4 h/),
      span: { file: 'branchline.yaml', line: 3 },
    },
  ]);
});
