import { expect, test } from 'vitest';
import { interruptible } from './sql-interrupt.ts';

test('a request to stop that is on its way is waited for, so that it stops no later statement', async () => {
  const events: string[] = [];
  let arrive = (): void => undefined;
  const stopping = new AbortController();
  const result = interruptible(
    { signal: stopping.signal },
    {
      run: async () => {
        stopping.abort();
        events.push('the statement ended');
        return 7;
      },
      interrupt: () =>
        new Promise<void>((resolve) => {
          arrive = () => {
            events.push('the request arrived');
            resolve();
          };
        }),
      failure: (error) => ({ code: 'sql', message: String(error) }),
      isInterrupt: () => false,
    },
  ).then((ended) => {
    events.push('returned');
    return ended;
  });
  await new Promise((resolve) => setImmediate(resolve));
  arrive();
  expect(await result).toEqual({ ok: true, value: 7 });
  expect(events).toEqual(['the statement ended', 'the request arrived', 'returned']);
});
