/**
 * A program for tests: `branchline run` of the project in the current folder, with the real adapters, cut off by SIGKILL
 * at the port call number `CUT_AT` (from 1). Without a number it runs to its end. Every call is written to `CUT_TRACE`,
 * a line each, before it is made (`>`) and after it (`<`): each line is a place to be cut off at.
 */
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { findLost } from '../app/find-lost.ts';
import { buildPlanning, requestOf } from '../app/planning.ts';
import type { RunPorts } from '../app/run-ports.ts';
import { runRequest } from '../app/run-request.ts';
import { openStateSession } from '../app/state-session.ts';
import { cliIdentity } from '../app/wanted-run.ts';
import { openProject } from '../compose/open-project.ts';
import { openWorld } from '../compose/wiring.ts';
import type { SqlPool } from '../ports.ts';
import type { Journals, StateStore } from '../ports-state.ts';

const cutAt = Number(process.env['CUT_AT'] ?? 0);
const trace = openSync(process.env['CUT_TRACE']!, 'w');
let calls = 0;

/** One place to be cut off at. */
function mark(text: string): void {
  calls++;
  writeSync(trace, `${text}\n`);
  if (calls === cutAt) process.kill(process.pid, 'SIGKILL');
}

/** The port with a place before and after each call of these methods. */
function counted<T extends object>(name: string, port: T, methods: readonly (keyof T & string)[]): T {
  const wrapped = Object.fromEntries(
    methods.map((method) => {
      const call = port[method] as (...args: unknown[]) => unknown;
      return [
        method,
        (...args: unknown[]): unknown => {
          const said = `${name}.${method}`;
          mark(`> ${said}`);
          const answer = call.apply(port, args);
          if (!(answer instanceof Promise)) {
            mark(`< ${said}`);
            return answer;
          }
          return answer.then((value) => {
            mark(`< ${said}`);
            return value;
          });
        },
      ];
    }),
  );
  return Object.assign(Object.create(port) as T, wrapped);
}

function countedJournals(journals: Journals): Journals {
  return {
    adopt: () => counted('journals', journals, ['adopt']).adopt(),
    setAside: (writer, lines) => journals.setAside(writer, lines),
    open: (writer) => counted('journal', journals.open(writer), ['append', 'confirm', 'close']),
  };
}

function countedSql(sql: SqlPool): SqlPool {
  return {
    async open(target, options) {
      const opened = await sql.open(target, options);
      if (!opened.ok) return opened;
      const session = opened.value;
      return {
        ok: true,
        value: {
          dialect: session.dialect,
          engineVersion: session.engineVersion,
          split: (text) => session.split(text),
          close: () => session.close(),
          async query(text, binds, more) {
            const first = text.trim().split(/\s+/).slice(0, 2).join(' ').toLowerCase();
            mark(`> sql ${first}`);
            const answer = await session.query(text, binds, more);
            mark(`< sql ${first}`);
            return answer;
          },
        },
      };
    },
    exclusive: (target) => sql.exclusive(target),
    end: () => sql.end(),
  };
}

const opened = await openProject({});
if (!opened.ok) throw new Error(opened.error.message);
const { loaded, root, tree } = opened.value;
const project = loaded.project!;
const signal = new AbortController().signal;
const world = await openWorld(opened.value, project, { environment: 'local', signal });
if (!world.ok) throw new Error(world.error.message);

const store: StateStore = counted('store', world.value.store, ['read', 'list', 'load', 'commit']);
const sql = countedSql(world.value.run.sql);
const outputs: RunPorts['outputs'] = (asset) =>
  counted('outputs', world.value.run.outputs(asset), ['find', 'save', 'restore', 'remove']);
const scope = { project, environment: 'local', env: process.env, root };
const ports: RunPorts = {
  ...world.value.run,
  session: openStateSession({ ...world.value.state, store }),
  journals: countedJournals(world.value.run.journals),
  sql,
  outputs,
  processes: counted('processes', world.value.run.processes, ['run']),
  findLost: (view, looked, more) =>
    findLost(
      { outputs, keptFile: () => undefined, sql, fileExists: existsSync, onUnasked: () => {} },
      scope,
      view,
      looked,
      more,
    ),
};
const request = requestOf(project, {}, cliIdentity(Date.now(), String(process.pid)));
if (!request.ok) throw new Error(request.error.message);
const settings = {
  planning: buildPlanning(project, tree),
  environment: 'local',
  maxParallel: 1,
  failFast: false,
  waitMs: 0,
};
const outcome = await runRequest(ports, settings, request.value, { onPlan: () => {}, onEvent: () => {} });
await world.value.close();
closeSync(trace);
if (!outcome.ok) throw new Error(outcome.error.message);
