import { type CliProject, makeCliProject } from './cli-project.ts';
import { type GitHttpServer, startGitHttpServer } from './git-http.ts';

/** A project whose `origin` is served over HTTP: the state of production is pushed there, and the server tells the time. */
export interface ServedProject {
  readonly project: CliProject;
  readonly server: GitHttpServer;
  /** Absolute: the repository behind the server. */
  readonly bare: string;
}

export async function makeServedProject(
  files: Readonly<Record<string, string>>,
  now: Date = new Date(),
): Promise<ServedProject> {
  const project = makeCliProject(files);
  const bare = project.sandbox.makeBare('origin.git');
  const server = await startGitHttpServer(project.sandbox.root);
  server.date = now;
  project.git('remote', 'add', 'origin', `${server.url}/origin.git`);
  return { project, server, bare };
}
