import type { ProcessExit, ProcessRunner, ProcessSpec, Scratch } from '../ports.ts';

/** A runner that starts nothing: `behave` plays the script and says how it ended (by default: exit 0, at once). */
export function fakeProcesses(behave: (spec: ProcessSpec) => Partial<ProcessExit>): ProcessRunner & {
  readonly specs: ProcessSpec[];
} {
  const specs: ProcessSpec[] = [];
  return {
    specs,
    run: (spec, signal) => {
      specs.push(spec);
      if (signal.aborted) return Promise.resolve({ kind: 'canceled', durationMs: 0, tail: '' });
      return Promise.resolve({ kind: 'exited', code: 0, durationMs: 1, tail: '', ...behave(spec) });
    },
  };
}

/** Step folders in memory: what a fake script "writes" is put into `files` by path. */
export function fakeScratch(): Scratch & { readonly files: Map<string, string>; readonly logs: Map<string, string> } {
  const files = new Map<string, string>();
  const logs = new Map<string, string>();
  let given = 0;
  return {
    files,
    logs,
    open: () => ({
      ok: true,
      value: {
        emptyFile(name) {
          files.set(`/scratch/${name}`, '');
          return `/scratch/${name}`;
        },
        freshPath: (name) => `/scratch/${name}-${given++}`,
        read(path, bytesMax) {
          const text = files.get(path) ?? '';
          return { text: text.slice(0, bytesMax), isWhole: text.length <= bytesMax };
        },
        appendLog: (log, text) => void logs.set(log, (logs.get(log) ?? '') + text),
        close: () => undefined,
      },
    }),
  };
}
