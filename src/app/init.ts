import { sha256 } from '../base/digest.ts';
import { byText } from '../base/order.ts';
import type { SourceTree } from '../ports.ts';
import { fanOutWorkflow } from '../render/workflows/fan-out.ts';
import { pullRequestWorkflows } from '../render/workflows/pull-request.ts';
import { SCHEDULED_WORKFLOW, type ScheduledWorkflowValues, scheduledWorkflow } from '../render/workflows/scheduled.ts';

/** A file that `branchline init` would write, or lines that it would add. */
export interface InitFile {
  readonly path: string;
  readonly action: 'create' | 'append' | 'keep';
  /** The whole text of a new file, or the lines to append. */
  readonly text: string;
}

const IGNORED = ['.branchline/', 'data/'];

/**
 * What a new project starts with: small, and it runs at once. Existing files are kept as they are; to `.gitignore`
 * only the missing lines are added. Pure: `existing` gives the text of a file, or undefined.
 */
export function initFiles(name: string, existing: (path: string) => string | undefined): InitFile[] {
  // A project that is there needs no first asset: what it has is its own.
  const first = [create('pipelines/first.yaml', MANIFEST), create('pipelines/long_words.sql', SQL)];
  const files: InitFile[] = [
    create('branchline.yaml', projectText(name)),
    ...(existing('branchline.yaml') === undefined ? first : []),
    create('.vscode/settings.json', editorSettings()),
  ].map((file) => (existing(file.path) === undefined ? file : { ...file, action: 'keep' as const }));
  const ignore = existing('.gitignore');
  const missing = IGNORED.filter((line) => !(ignore ?? '').split(/\r?\n/).some((known) => known.trim() === line));
  if (missing.length > 0) {
    const text = `# Branchline: working files and private state\n${missing.join('\n')}\n`;
    const gap = ignore === undefined || ignore === '' || ignore.endsWith('\n') ? '' : '\n';
    files.push({ path: '.gitignore', action: ignore === undefined ? 'create' : 'append', text: gap + text });
  } else files.push({ path: '.gitignore', action: 'keep', text: '' });
  return files;
}

/**
 * The workflow files of a project, by their path in its repository; those that are there are kept. Pure.
 */
export function workflowFiles(
  values: ScheduledWorkflowValues,
  existing: (path: string) => string | undefined,
  options: { readonly pullRequests: boolean; readonly fanOut?: boolean },
): InitFile[] {
  const { action, checkout, project } = values;
  const files = new Map([[SCHEDULED_WORKFLOW, options.fanOut ? fanOutWorkflow(values) : scheduledWorkflow(values)]]);
  if (options.pullRequests) {
    const more = pullRequestWorkflows({ action, checkout, ...(project === undefined ? {} : { project }) });
    for (const [path, text] of more) files.set(path, text);
  }
  return [...files].map(([path, text]) => ({ path, text, action: existing(path) === undefined ? 'create' : 'keep' }));
}

/** A tree as it will be when these files are written. */
export function withFiles(tree: SourceTree, files: readonly InitFile[]): SourceTree {
  const added = new Map(files.filter(({ action }) => action === 'create').map(({ path, text }) => [path, text]));
  return {
    files: () => [...new Set([...tree.files(), ...added.keys()])].sort(byText),
    kind: (path) => (added.has(path) ? 'file' : tree.kind(path)),
    text: (path) => added.get(path) ?? tree.text(path),
    digest: (path) => (added.has(path) ? sha256(added.get(path)!) : tree.digest(path)),
  };
}

function create(path: string, text: string): InitFile {
  return { path, action: 'create', text };
}

/** A folder's name as a project name: `[a-z0-9_-]+`. */
export function projectNameOf(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'project' : name;
}

function projectText(name: string): string {
  return `# yaml-language-server: $schema=.branchline/schemas/project.schema.json
name: ${name}
timezone: UTC
connections:
  warehouse: { type: duckdb, path: data/warehouse.duckdb }
defaults:
  connection: warehouse
  checks: { blocking: true }   # a failed check keeps bad data from being published
`;
}

const MANIFEST = `# yaml-language-server: $schema=../.branchline/schemas/manifest.schema.json
assets:
  raw/words:
    group: ingest
    description: Replace this by your own source; any command will do.
    run: |
      mkdir -p data
      printf 'word,length\\nbranch,6\\nline,4\\nasset,5\\n' > data/words.csv
    connection: null             # this step does not touch the database
    outputs: [data/words.csv]
    checks:
      has_rows: { row_count: {}, error_if: "< 1" }
  marts/long_words:
    group: marts
    sql: ./long_words.sql
    checks:
      words: { not_null: [word] }
      once: { unique: [word] }

schedules:
  nightly: { cron: "23 2 * * *", selection: "*" }
`;

const SQL = `select word, length
from \${{ ref('raw/words') }}
where length >= 5
order by word
`;

function editorSettings(): string {
  const schemas = {
    './.branchline/schemas/project.schema.json': ['branchline.yaml'],
    './.branchline/schemas/manifest.schema.json': ['pipelines/**/*.yaml', 'pipelines/**/*.yml'],
  };
  return `${JSON.stringify({ 'yaml.schemas': schemas }, null, 2)}\n`;
}
