const heard = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when a signal fires, unless told before that nobody waits any more. However many wait for one signal, it
 * has one listener: Node takes more than ten for a leak and says so on standard error.
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  const known = heard.get(signal);
  const calls = known ?? new Set<() => void>();
  if (!known) {
    heard.set(signal, calls);
    signal.addEventListener(
      'abort',
      () => {
        for (const each of calls) if (calls.delete(each)) each();
      },
      { once: true },
    );
  }
  // A function of its own: the same one may wait twice.
  const own = (): void => call();
  calls.add(own);
  return () => void calls.delete(own);
}
