import { timestamp } from '../model/instant.ts';
import { numberEvents } from '../state/codec.ts';
import { prepareCommit } from '../state/commit.ts';
import { assembleView, type StateRead } from '../state/read.ts';
import { runEvents, tickDrafts } from './state-story.ts';

function readTree(tree: ReadonlyMap<string, string>): StateRead {
  const read = assembleView({ listing: [...tree.keys()], texts: tree, environment: 'production' });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

/** A small state of three commits: a tick and a run on the last day of November, one on the first of December. */
export function weatherHistory(): Map<string, string> {
  const tree = new Map<string, string>();
  const november = Date.UTC(2026, 10, 30, 9, 23);
  const december = Date.UTC(2026, 11, 1, 9, 23);
  const run = (at: number, id: string) =>
    runEvents({ run: id, at, group: 'marts', assets: [{ asset: 'marts/days', outcome: 'success' }] });
  const commits = [
    { at: november, events: numberEvents('cli-7f3a90c1', 0, tickDrafts('hourly', november, { adopt: true })) },
    { at: november + 9000, events: run(november, '20261130-ptq7w2l5kx3mfa6e') },
    { at: december, events: run(december, '20261201-b4n6d7yq2mzkx3ra') },
  ];
  for (const [i, { at, events }] of commits.entries()) {
    const read = readTree(tree);
    const commit = prepareCommit({
      read,
      project: 'weather',
      events,
      writer: 'cli-7f3a90c1',
      tx: i + 1,
      now: at,
      message: timestamp(at),
    });
    if (!commit.ok) throw new Error(commit.error.message);
    for (const [path, text] of commit.value.change.files) {
      if (text === null) tree.delete(path);
      else tree.set(path, text);
    }
  }
  return tree;
}
