import { decodeEvent, type StateProblem } from './codec.ts';
import { type EventPart, joinPart, type OpenEvent } from './long-events.ts';

/** A file of events as far as it could be read, line by line. */
interface DamagedFile {
  readonly name: { readonly path: string };
  readonly pieces: readonly {
    readonly lines: string[];
    readonly ids: string[];
    /** Of each line: the part of an event that it is; undefined = it is a whole one. */
    readonly parts: (EventPart | undefined)[];
    isLossy: boolean;
  }[];
  readonly problems: StateProblem[];
  isChanged: boolean;
}

/** An event of which a part is damaged or gone is left out with all of its parts. */
export function leaveOutCut(files: readonly DamagedFile[]): void {
  const lines = files.flatMap((file) =>
    file.pieces.flatMap((piece) => piece.parts.map((part, at) => ({ file, piece, part, at }))),
  );
  const cut = new Set<(typeof lines)[number]>();
  let own: (typeof lines)[number][] = [];
  let open: OpenEvent | undefined;
  const leaveOut = (): void => {
    for (const line of own) cut.add(line);
    own = [];
    open = undefined;
  };
  for (const line of lines) {
    if (line.part === undefined) {
      leaveOut();
      continue;
    }
    const continues = joinPart(open, line.part).kind !== 'broken';
    if (!continues) leaveOut();
    const joined = joinPart(open, line.part);
    own.push(line);
    if (joined.kind === 'open') open = joined.event;
    else if (joined.kind === 'broken' || !decodeEvent(joined.line, line.file.name.path, 0).ok) leaveOut();
    else {
      own = [];
      open = undefined;
    }
  }
  leaveOut();
  for (const { file, piece, part } of cut) {
    const { path } = file.name;
    const at = piece.parts.indexOf(part);
    for (const list of [piece.lines, piece.ids, piece.parts]) list.splice(at, 1);
    piece.isLossy = true;
    file.isChanged = true;
    const message = `part ${part!.part} of event ${part!.id}, of which another part is damaged or gone`;
    file.problems.push({ code: 'broken', file: path, line: 0, message });
  }
}
