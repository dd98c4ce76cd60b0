import { type OpenProject, openHost, openProject } from '../compose/open-project.ts';
import { diagnosticsJson, renderDiagnostics } from '../render/diagnostics.ts';
import { count } from '../render/style.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';

/** `branchline check`: everything that is wrong, in one go. */
export async function run(options: GlobalOptions): Promise<number> {
  const startedAt = performance.now();
  const opened = await openProject(options);
  if (!opened.ok) return printFailure(openHost().host, opened.error, options.json);
  const { loaded, host } = opened.value;
  if (options.json) {
    printJson(diagnosticsJson(loaded.diagnostics));
    return loaded.project ? 0 : 2;
  }
  if (!loaded.project) return printDiagnostics(opened.value, options.json);
  if (loaded.diagnostics.length > 0) printDiagnostics(opened.value);
  const { assets, schedules } = loaded.project;
  const checks = Object.values(assets).reduce((sum, asset) => sum + asset.checks.length, 0);
  const counted = [
    count(loaded.files.length, 'file'),
    count(Object.keys(assets).length, 'asset'),
    count(checks, 'check'),
    count(Object.keys(schedules).length, 'schedule'),
  ];
  if (loaded.diagnostics.length === 0)
    host.print(`${counted.join(', ')}: all fine (${Math.round(performance.now() - startedAt)} ms).`);
  return 0;
}

/** Prints what is wrong with the manifests, as every command does before it refuses to go on. Yields exit code 2. */
export function printDiagnostics(opened: OpenProject, json?: boolean): number {
  if (json) {
    printJson(diagnosticsJson(opened.loaded.diagnostics));
    return 2;
  }
  const { host, loaded, tree, style } = opened;
  const text = renderDiagnostics(loaded.diagnostics, {
    textOf: (path) => tree.text(path),
    style,
    fileCount: loaded.files.length,
  });
  host.print(text);
  return 2;
}
