import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callTo, isOutage, toldAnswer, watchClient } from './client-watch.ts';

const server = createServer((request, response) => {
  const status = Number(/\d{3}/.exec(request.url ?? '')?.[0]);
  if (status === 999) request.socket.destroy();
  else response.writeHead(status).end('x');
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

const output: { write: typeof process.stdout.write } = process.stdout;

/** A request as the clients make it: by node:http, its body read. */
function ask(path: string): Promise<void> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => response.resume().on('end', resolve)).on('error', () => resolve());
  });
}

test('sees each request with its answer, and none of others at the same time', async () => {
  const [one, two] = await Promise.all([
    watchClient(async () => {
      await ask('/a/200?sig=secret');
      await ask('/b/503');
      return 'one';
    }),
    watchClient(() => ask('/c/404')),
    ask('/d/200'),
  ]);
  expect(one).toEqual({
    value: 'one',
    seen: [
      { path: '/a/200', status: 200 },
      { path: '/b/503', status: 503 },
    ],
  });
  expect(two.seen).toEqual([{ path: '/c/404', status: 404 }]);
});

test('a line that breaks has no status', async () => {
  const { seen } = await watchClient(() => ask('/a/999'));
  expect(seen).toEqual([{ path: '/a/999' }]);
  expect(seen.map(isOutage)).toEqual([true]);
  expect(toldAnswer(seen[0])).toBe('did not answer');
});

test('what it prints is dropped; what is printed beside it, and afterwards, is not', async () => {
  const written: string[] = [];
  const own = output.write;
  output.write = ((text: string) => {
    written.push(text);
    return true;
  }) as typeof output.write;
  try {
    const work = watchClient(async () => {
      process.stdout.write('inside\n');
      await ask('/a/200');
      await new Promise<void>((resolve) => process.stdout.write('inside, awaited\n', () => resolve()));
    });
    process.stdout.write('beside\n');
    await work;
    process.stdout.write('after\n');
  } finally {
    output.write = own;
  }
  expect(written).toEqual(['beside\n', 'after\n']);
});

test('an error passes, and leaves nothing behind', async () => {
  const own = output.write;
  await expect(watchClient(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(output.write).toBe(own);
});

test('the newest call of a method, and what an outage is', () => {
  const seen = [{ path: '/twirp/x/Get', status: 500 }, { path: '/twirp/x/Get', status: 200 }, { path: '/blob' }];
  expect(callTo(seen, 'Get')).toBe(seen[1]);
  expect(callTo(seen, 'Put')).toBeUndefined();
  expect([200, 403, 404, 429, 500].filter((status) => isOutage({ path: '', status }))).toEqual([429, 500]);
});
