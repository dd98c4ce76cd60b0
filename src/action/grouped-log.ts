import { neutralizeCommands, stopCommands } from '../run/step-commands.ts';

/** Output of steps in a workflow's log: each step in a group of its own, though several run at once. */
export interface GroupedLog {
  /** A step prints: shown at once if it is the one in front, else when its turn comes. */
  output(step: string, text: string): void;
  /** A step has ended: its group is closed, and `lines` stand below it. */
  end(step: string, lines: readonly string[]): void;
  /** Something that is of no step. */
  print(text: string): void;
}

/** Of what a step prints while another one is in front, so much is kept: the end of it. */
const HELD_CHARS_MAX = 256 * 1024;

interface Held {
  text: string;
  isCut: boolean;
  /** It has ended: what stands below its group. */
  ended?: readonly string[];
}

/**
 * Writes groups of a workflow's log. A step's output cannot issue workflow commands: the runner is told to look for none
 * inside of a group, and what would be one is broken besides. `token` gives a random one each time.
 */
export function createGroupedLog(write: (text: string) => void, token: () => string): GroupedLog {
  const held = new Map<string, Held>();
  let front: { readonly step: string; readonly after: string } | undefined;
  /** The last thing written ended its line. */
  let isAtStart = true;

  const put = (text: string): void => {
    if (text === '') return;
    write(text);
    isAtStart = text.endsWith('\n');
  };
  const line = (text: string): void => put(`${isAtStart ? '' : '\n'}${text}\n`);
  const open = (step: string): void => {
    const { before, after } = stopCommands(token());
    line(`::group::${groupName(step)}`);
    put(before);
    front = { step, after };
  };
  const close = (): void => {
    if (!front) return;
    put(`${isAtStart ? '' : '\n'}${front.after}`);
    line('::endgroup::');
    front = undefined;
  };
  const show = (text: string): void => put(neutralizeCommands(text));

  /** The next step comes to the front: those that have ended are shown whole, the first that has not goes on live. */
  const next = (): void => {
    for (const [step, { text, isCut, ended }] of held) {
      held.delete(step);
      open(step);
      if (isCut) line('(The beginning is left out: another step was shown meanwhile.)');
      show(text);
      if (ended === undefined) return;
      close();
      for (const each of ended) line(neutralizeCommands(each));
    }
  };

  return {
    output(step, text) {
      if (front === undefined) open(step);
      if (front?.step === step) return show(text);
      const before = held.get(step) ?? { text: '', isCut: false };
      const all = before.text + text;
      const isLong = all.length > HELD_CHARS_MAX;
      held.set(step, { text: isLong ? all.slice(-HELD_CHARS_MAX) : all, isCut: before.isCut || isLong });
    },
    end(step, lines) {
      if (front?.step === step) {
        close();
        for (const each of lines) line(neutralizeCommands(each));
        next();
        return;
      }
      const own = held.get(step);
      if (own) held.set(step, { ...own, ended: lines });
      // It printed nothing: a line needs no group.
      else if (front === undefined) for (const each of lines) line(neutralizeCommands(each));
      else held.set(step, { text: '', isCut: false, ended: lines });
    },
    print(text) {
      line(neutralizeCommands(text).replace(/\n$/, ''));
    },
  };
}

/** One line, without what would end the command. */
function groupName(step: string): string {
  return step.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
