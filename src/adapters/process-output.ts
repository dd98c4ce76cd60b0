import { execFile } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * Named pipes, lent one at a time. Node's own pipes are sockets: a script cannot open `/dev/stderr` on them, and
 * standard output and standard error would arrive on two of them, in no common order.
 */
export interface NamedPipes {
  borrow(): Promise<string>;
  /** Only when nobody writes to it any more. */
  giveBack(pipe: string): void;
  /** Somebody may still write to it: nobody else gets it. */
  retire(pipe: string): void;
}

const run = promisify(execFile);

/** Makes pipes whose paths begin with `prefix`. Rejects when the system has no `mkfifo`. */
export function createNamedPipes(prefix: string): NamedPipes {
  const free: string[] = [];
  let made = 0;
  return {
    async borrow() {
      const kept = free.pop();
      if (kept) return kept;
      const pipe = `${prefix}-${made++}`;
      await run('mkfifo', ['-m', '600', pipe]);
      return pipe;
    },
    giveBack: (pipe) => void free.push(pipe),
    retire: (pipe) => unlinkSync(pipe),
  };
}

export interface PipeReader {
  /** For the standard output and standard error of the child. */
  readonly writeEnd: number;
  /** To be called once the child has it. */
  closeWriteEnd(): void;
  /** Takes in what is there, now that the child has ended; resolves when all writers are gone. */
  finish(): Promise<void>;
  /** Goes on taking in what comes, but keeps nobody waiting. */
  letGo(): void;
}

/** A child that has ended by then costs no socket: one `read` gets all its output. A pipe holds 64 KiB meanwhile. */
const SOCKET_AFTER_MS = 20;
/** Node is one thread, and what is read is decoded before the next read. */
const readBuffer = new Uint8Array(64 * 1024);

/** Opens a named pipe and hands on what comes out of it, as text in which no character is cut. */
export function readPipe(pipe: string, onText: (text: string) => void): PipeReader {
  // Without a reader the write end would not open; and the reader must not wait for a writer.
  const readEnd = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  let writeEnd = openSync(pipe, constants.O_WRONLY);
  let socket: Socket | undefined;
  let isLetGo = false;
  let allRead = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    allRead = resolve;
  });
  const decoder = new TextDecoder();
  const take = (bytes: Uint8Array): void => onText(decoder.decode(bytes, { stream: true }));
  const end = (): void => {
    onText(decoder.decode());
    allRead();
  };
  const timer = setTimeout(listen, SOCKET_AFTER_MS);

  function listen(): void {
    clearTimeout(timer);
    if (socket) return;
    socket = new Socket({ fd: readEnd, readable: true, writable: false });
    socket.on('data', take);
    // After an error comes `close` too: what was read until then is all there is.
    socket.on('error', () => undefined);
    socket.on('close', end);
    if (isLetGo) socket.unref();
  }
  return {
    writeEnd,
    closeWriteEnd() {
      if (writeEnd !== -1) closeSync(writeEnd);
      writeEnd = -1;
    },
    finish() {
      if (!socket) {
        clearTimeout(timer);
        if (drain(readEnd, take)) {
          closeSync(readEnd);
          end();
        } else listen();
      }
      return ended;
    },
    letGo() {
      isLetGo = true;
      listen();
      socket?.unref();
    },
  };
}

/** Reads all that is there. False = somebody may still write. */
function drain(readEnd: number, take: (bytes: Uint8Array) => void): boolean {
  for (;;) {
    let length: number;
    try {
      length = readSync(readEnd, readBuffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false;
      throw error;
    }
    if (length === 0) return true;
    take(readBuffer.subarray(0, length));
  }
}

/** Text in pieces → whole lines, so that a reader sees no half of one; a very long one is handed on in parts. */
export function inLines(onLines: (text: string) => void): { push(text: string): void; end(): void } {
  const lengthMax = 16_384;
  let held = '';
  return {
    push(text) {
      held += text;
      const end = held.length > lengthMax ? held.length : held.lastIndexOf('\n') + 1;
      if (end === 0) return;
      onLines(held.slice(0, end));
      held = held.slice(end);
    },
    end() {
      if (held !== '') onLines(held);
      held = '';
    },
  };
}

/** A log file, and the end of what was written to it. */
export interface LogFile {
  /** Appends. The first call makes the file and its folder. */
  write(text: string): void;
  /** The last of what was written, at most so many bytes, in whole lines. */
  tail(bytesMax: number): string;
  close(): void;
}

/** `tailLengthMax` = how many characters are kept for the tail. */
export function openLog(file: string, tailLengthMax: number): LogFile {
  let fd = -1;
  let kept = '';
  let isCut = false;
  return {
    write(text) {
      kept += text;
      if (kept.length > 2 * tailLengthMax) {
        isCut = true;
        kept = kept.slice(-tailLengthMax);
      }
      if (fd === -1) {
        mkdirSync(path.dirname(file), { recursive: true });
        fd = openSync(file, 'a');
      }
      writeAll(fd, Buffer.from(text));
    },
    tail: (bytesMax) => lastLines(kept, isCut, bytesMax),
    close() {
      if (fd !== -1) closeSync(fd);
      fd = -1;
    },
  };
}

/** The last whole lines of a text, at most so many bytes; of a single longer line, its end. */
function lastLines(text: string, isCut: boolean, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (!isCut && bytes.length <= bytesMax) return text;
  // One byte more, to see whether a line begins there.
  const from = Math.max(0, bytes.length - bytesMax - 1);
  const lineStart = bytes.indexOf(10, from) + 1;
  if (lineStart > 0 && lineStart < bytes.length) return bytes.subarray(lineStart).toString();
  // The cut may be inside of a character.
  return bytes
    .subarray(from + 1)
    .toString()
    .replace(/^\uFFFD+/, '');
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
