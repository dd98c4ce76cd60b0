import { gitHubRest } from '../adapters/github-rest.ts';
import { type DoctorGitHub, type DoctorInput, type Examination, examine } from '../app/doctor.ts';
import { findNewerArchives } from '../app/missing-events.ts';
import { readState } from '../app/state-reading.ts';
import { machineFacts } from '../compose/machine-facts.ts';
import { type OpenProject, openHost, openProject } from '../compose/open-project.ts';
import { openStore } from '../compose/open-store.ts';
import { actionPin, type RepositoryPlace, repositoryPlace } from '../compose/workflow-place.ts';
import { workflowTexts } from '../compose/workflow-texts.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Project } from '../model/project.ts';
import { renderFrames } from '../render/diagnostics.ts';
import { count, safeLine } from '../render/style.ts';
import { version } from '../version.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';

/** `branchline doctor`: everything that is wrong with how the project is set up, in one go. Changes nothing. */
export async function run(options: GlobalOptions): Promise<number> {
  const opened = await openProject(options);
  if (!opened.ok) return printFailure(openHost().host, opened.error, options.json);
  const { loaded, root, host, clock } = opened.value;
  const { env } = process;
  const { project } = loaded;
  const place = await repositoryPlace(root, project?.state.remote ?? 'origin', env);
  const action = await actionPin(undefined, place.top, env);
  const texts = workflowTexts(place.top);
  const [github, whyNoGitHub] = openGitHub(place, opened.value);
  const examination = await examine({
    workflows: texts,
    folder: place.folder ?? '',
    isItsRepository: action.ok && action.value.name === './',
    version,
    ...(place.repository === undefined ? {} : { repository: place.repository }),
    now: clock.now(),
    ...(project ? { project } : {}),
    machine: await machineFacts(root, project, env, (text) => host.progress(text)),
    ...(github ? { github } : {}),
    whyNoGitHub,
    ...(project ? await production(opened.value, project) : {}),
  });
  const errors = examination.findings.filter(({ severity }) => severity === 'error').length;
  if (options.json) printJson({ version: 1, ...examination, workflows: [...texts.keys()] });
  else host.print(report(examination, texts, opened.value));
  return errors > 0 ? 2 : 0;
}

/** The state of production. A project outside of a repository has none: git is told of already. */
async function production(
  opened: OpenProject,
  project: Project,
): Promise<Pick<DoctorInput, 'view' | 'whyNoState' | 'unreadable' | 'newer'>> {
  const { clock } = opened;
  const store = await openStore(opened, project, 'production');
  if (!store.ok) return store.error.exit === 2 ? {} : { whyNoState: store.error.message };
  const state = await readState({
    store: store.value,
    clock,
    environment: 'production',
    projectName: project.name,
  });
  if (state.ok) return { view: state.value.read.view, newer: await findNewerArchives(store.value, state.value) };
  const { code, message } = state.error;
  const isAway = code === 'state-unreachable' || code === 'state-no-access';
  return isAway ? { whyNoState: message } : { unreadable: state.error };
}

/** GitHub, when there is a token and a repository that it is of; otherwise why not. */
function openGitHub(place: RepositoryPlace, { clock }: OpenProject): [DoctorGitHub | undefined, string] {
  const { env } = process;
  const token = env['GITHUB_TOKEN'] || env['BRANCHLINE_TOKEN'];
  const repository = env['GITHUB_REPOSITORY'] || place.repository;
  if (!token) return [undefined, 'no token: set GITHUB_TOKEN, with read access to Actions, contents and environments'];
  const apiUrl = env['GITHUB_API_URL'] || place.apiUrl;
  if (!repository || !apiUrl) return [undefined, 'the remote is no repository on GitHub'];
  return [gitHubRest({ apiUrl, token, repository, clock }), ''];
}

function report(
  { findings, notSeen }: Examination,
  texts: ReadonlyMap<string, string>,
  { style, tree }: OpenProject,
): string {
  const placed = findings.filter((finding): finding is typeof finding & Diagnostic => finding.span !== undefined);
  const others = findings.filter(({ span }) => span === undefined);
  const frames = renderFrames(placed, { textOf: (path) => texts.get(path) ?? tree.text(path), style });
  const lines = others.map(({ code, severity, message, help }) => {
    const level = severity === 'warning' ? ' (warning)' : '';
    return `${code}${level}: ${safeLine(message, 600)}\n      help: ${safeLine(help, 600)}`;
  });
  const unseen = notSeen.map(
    ({ what, why }) => `Not looked at: ${safeLine(what)}: ${safeLine(why, 300).replace(/\.$/, '')}.`,
  );
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const verdict =
    findings.length === 0
      ? `${count(texts.size, 'workflow')} looked at: all fine.`
      : `${[errors > 0 ? count(errors, 'problem') : '', warnings > 0 ? count(warnings, 'warning') : ''].filter(Boolean).join(' and ')}. docs/doctor.md explains each.`;
  return [frames, ...lines, unseen.join('\n'), verdict].filter((part) => part !== '').join('\n\n');
}
