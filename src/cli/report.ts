import { resolve } from 'node:path';
import { locateRepository } from '../adapters/git-location.ts';
import { inputFailure } from '../app/failure.ts';
import { reportInput } from '../app/report-pages.ts';
import { readState } from '../app/state-reading.ts';
import { nearestWord } from '../base/nearest.ts';
import { writePages } from '../compose/private-files.ts';
import { codeCommit, reportSource } from '../compose/surroundings.ts';
import { tryWriting } from '../compose/writing.ts';
import { renderReport } from '../render/report/pages.ts';
import { assetPath } from '../render/report/paths.ts';
import { reportJson } from '../render/report-json.ts';
import { renderReportText } from '../render/report-text.ts';
import { count } from '../render/style.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';
import { openForReading } from './reading.ts';

interface ReportOptions extends GlobalOptions {
  readonly asset?: string;
  readonly out?: string;
  readonly at?: string;
  readonly environment: 'local' | 'production';
}

/** `branchline report`: the health report of a state, now or then. */
export async function run(options: ReportOptions): Promise<number> {
  const opened = await openForReading(options);
  if (!opened.ok) return opened.error;
  const { host, style, store, clock, project, root } = opened.value;
  const state = await readState(
    { store, clock, environment: options.environment, projectName: project.name },
    options.at,
  );
  if (!state.ok) return printFailure(host, state.error, options.json);
  if (options.asset !== undefined && !project.assets[options.asset]) {
    const near = nearestWord(options.asset, Object.keys(project.assets));
    return printFailure(
      host,
      inputFailure(
        'unknown-asset',
        `There is no asset \`${options.asset}\`.`,
        near === undefined ? '`branchline list` shows them.' : `Did you mean \`${near}\`?`,
      ),
      options.json,
    );
  }
  const [location, code] = await Promise.all([
    locateRepository(root, project.state.remote, process.env),
    codeCommit(root, process.env),
  ]);
  const input = reportInput(
    reportSource(project, code?.commit, location.ok ? location.value.remoteUrl : undefined),
    state.value.read.view,
  );
  if (options.out !== undefined) {
    const pages = renderReport(input);
    const { out } = options;
    const refused = tryWriting(out, () => writePages(resolve(out), pages));
    if (refused !== undefined) return printFailure(host, refused, options.json);
    if (!options.json)
      host.print(`${count(pages.size, 'page')} in ${options.out}: begin with ${options.out}/README.md.`);
  } else if (options.asset !== undefined && !options.json) {
    process.stdout.write(renderReport(input, new Set([assetPath(options.asset)])).get(assetPath(options.asset)) ?? '');
  }
  if (options.json) printJson(reportJson(input));
  else if (options.out === undefined && options.asset === undefined) host.print(renderReportText(input, style));
  return 0;
}
