import type { Host } from '../ports.ts';

interface Turn {
  readonly kept: (() => void)[];
  isOver: boolean;
}

/**
 * Lets several that print at the same time take turns, so that what each of them says stands together. Who began first
 * prints at once; what others say is kept until the one before them is done. Each calls `done` when it has said all.
 */
export function takeTurns(host: Host): () => { readonly host: Host; readonly done: () => void } {
  const turns: Turn[] = [];
  const say = (turn: Turn, print: () => void): void => {
    if (turns[0] === turn) print();
    else turn.kept.push(print);
  };
  /** The next ones say what they kept: those that are over in one piece, and the first that is not goes on from there. */
  const next = (): void => {
    while (turns[0]?.isOver) {
      turns.shift();
      for (const print of turns[0]?.kept.splice(0) ?? []) print();
    }
  };
  return () => {
    const turn: Turn = { kept: [], isOver: false };
    turns.push(turn);
    return {
      host: {
        ...host,
        print: (text) => say(turn, () => host.print(text)),
        progress: (text) => say(turn, () => host.progress(text)),
        // A status that is not the newest is none.
        status: (text) => (turns[0] === turn ? host.status(text) : undefined),
      },
      done() {
        turn.isOver = true;
        next();
      },
    };
  };
}
