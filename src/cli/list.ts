import { type ListRow, listRows } from '../app/list.ts';
import { cutAssets } from '../app/partition-commands.ts';
import { buildPlanning, keysAt, selectAssets } from '../app/planning.ts';
import { readState } from '../app/state-reading.ts';
import { statusesOf } from '../app/statuses.ts';
import { openHost, openProject } from '../compose/open-project.ts';
import { openStore } from '../compose/open-store.ts';
import { columns, paint } from '../render/style.ts';
import { printDiagnostics } from './check.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';

interface ListOptions extends GlobalOptions {
  readonly select?: string;
  readonly environment: 'local' | 'production';
  readonly at?: string;
}

/** `branchline list [what]`. */
export async function run(options: ListOptions, args: readonly string[]): Promise<number> {
  const opened = await openProject(options);
  if (!opened.ok) return printFailure(openHost().host, opened.error, options.json);
  const { loaded, tree, host, style } = opened.value;
  const { project } = loaded;
  if (!project) return printDiagnostics(opened.value, options.json);
  const what = (args[0] ?? 'assets') as 'assets';
  let keys: ReadonlySet<string> | undefined;
  // The state is read only where the selection asks for it, or a moment of it is named, which may be none.
  let statusOf: ReturnType<typeof statusesOf> | undefined;
  if (options.at !== undefined || /\bstatus\s*:/.test(options.select ?? '')) {
    const store = await openStore(opened.value, project, options.environment);
    if (!store.ok) return printFailure(host, store.error, options.json);
    const state = await readState(
      { store: store.value, environment: options.environment, projectName: project.name, clock: opened.value.clock },
      options.at,
      { partitionsOf: new Set(cutAssets(project)) },
    );
    if (!state.ok) return printFailure(host, state.error, options.json);
    const { view } = state.value.read;
    statusOf = statusesOf(project, view, keysAt(view, state.value.now));
  }
  if (options.select !== undefined) {
    const selected = selectAssets(buildPlanning(project, tree), options.select, statusOf);
    if (!selected.ok) return printFailure(host, selected.error, options.json);
    keys = selected.value;
  }
  const rows = listRows(what, project, keys);
  if (options.json) printJson({ version: 1, [what]: rows.map((row) => row.json) });
  else if (rows.length === 0)
    host.print(`No ${what}${options.select === undefined ? ' are declared' : ' in this selection'}.`);
  else host.print(columns(rows.map((row: ListRow) => [...row.cells, paint(style, 'dim', row.at)])).join('\n'));
  return 0;
}
