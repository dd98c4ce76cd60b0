import type { Journals, OrphanJournal } from '../../ports-state.ts';

interface JournalFile {
  /** Its owner; gone = may be adopted. */
  readonly owner: () => boolean;
  readonly writer: string;
  lines: string[];
  confirmed: number;
}

/** A folder of journals in memory, as one machine has it. */
export interface FakeJournalDisk {
  /** The journals as one process sees them; `isGone` tells the others whether it still lives. */
  open(isGone: () => boolean): Journals;
  isFull: boolean;
  /** Lines set aside, by place. */
  readonly aside: ReadonlyMap<string, readonly string[]>;
  /** All lines in journals that are not committed. */
  pending(): string[];
}

/** Journals of one machine in memory: they outlive the processes that write them, and a full disk takes no more. */
export function createFakeJournalDisk(): FakeJournalDisk {
  const files = new Map<string, JournalFile>();
  const aside = new Map<string, readonly string[]>();
  let made = 0;
  const disk: FakeJournalDisk = {
    isFull: false,
    aside,
    pending: () => [...files.values()].flatMap(({ lines, confirmed }) => lines.slice(confirmed)),
    open: (isGone) => ({
      open(writer) {
        const place = `journals/${writer}.jsonl`;
        let file: JournalFile | undefined;
        return {
          place,
          append(lines) {
            if (lines.length === 0) return;
            mustHaveRoom(disk);
            if (file === undefined) {
              file = { owner: isGone, writer, lines: [], confirmed: 0 };
              files.set(place, file);
            }
            file.lines.push(...lines);
          },
          synced: () => Promise.resolve(),
          confirm(lines) {
            if (file !== undefined) file.confirmed = Math.max(file.confirmed, Math.min(lines, file.lines.length));
          },
          close() {
            files.delete(place);
          },
        };
      },
      adopt() {
        const orphans = [...files].filter(([, file]) => file.owner());
        return orphans.map(([place, file]): OrphanJournal => {
          files.delete(place);
          const held = `${place}.held-${++made}`;
          const lines = file.lines.slice(file.confirmed);
          // Whoever holds it may be gone before it is done.
          files.set(held, { owner: isGone, writer: file.writer, lines, confirmed: 0 });
          return {
            writer: file.writer,
            lines,
            discard: () => void files.delete(held),
            release() {
              files.delete(held);
              files.set(files.has(place) ? held : place, {
                owner: () => true,
                writer: file.writer,
                lines,
                confirmed: 0,
              });
            },
          };
        });
      },
      setAside(writer, lines) {
        const place = `journals/aside/${writer}-${++made}.jsonl`;
        mustHaveRoom(disk);
        aside.set(place, [...lines]);
        return place;
      },
    }),
  };
  return disk;
}

function mustHaveRoom(disk: FakeJournalDisk): void {
  if (disk.isFull) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}
