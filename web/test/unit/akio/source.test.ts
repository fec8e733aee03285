import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';

import { fromBytes, fromUrl, megabytes, Reader, type Source } from '../../../src/akio/source.js';

const FILE = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

let close = async (): Promise<void> => {};
afterEach(() => close());

/** A server with one file; `respond` hears the number of the request too. */
async function serving(respond: (request: IncomingMessage, response: ServerResponse, number: number) => void): Promise<string> {
  let number = 0;
  const server = createServer((request, response) => respond(request, response, ++number));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/akio.wasm`;
}

function sendRange({ headers }: IncomingMessage, response: ServerResponse): void {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const bytes = FILE.subarray(Number(first ?? 0), last ? Number(last) + 1 : undefined);
  response.writeHead(first === undefined ? 200 : 206).end(bytes);
}

async function all(source: Source, start: number, end?: number): Promise<Uint8Array> {
  const pieces = [];
  for await (const piece of source.read(start, end)) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

test('of bytes that are here a part is read, whatever buffer they lie in', async () => {
  const inside = new Uint8Array(FILE.buffer, 100, 50);
  expect(await all(fromBytes(inside), 10, 20)).toEqual(FILE.slice(110, 120));
  expect(await all(fromBytes(FILE.buffer), 990)).toEqual(FILE.slice(990));
});

test('a file is read whole without a range, and a part by one', async () => {
  const ranges: (string | undefined)[] = [];
  const url = await serving((request, response) => {
    ranges.push(request.headers.range);
    sendRange(request, response);
  });
  expect(await all(fromUrl(url), 0)).toEqual(FILE);
  expect(await all(fromUrl(url), 200, 300)).toEqual(FILE.slice(200, 300));
  expect(await all(fromUrl(url), 900)).toEqual(FILE.slice(900));
  expect(ranges).toEqual([undefined, 'bytes=200-299', 'bytes=900-']);
});

test('a server without ranges sends all, and the part is taken out', async () => {
  const url = await serving((_, response) => response.end(FILE));
  expect(await all(fromUrl(url), 200, 300)).toEqual(FILE.slice(200, 300));
});

test('what breaks off goes on where it stopped', async () => {
  const ranges: (string | undefined)[] = [];
  const url = await serving((request, response, number) => {
    ranges.push(request.headers.range);
    if (number > 1) return sendRange(request, response);
    response.writeHead(200, { 'Content-Length': FILE.length });
    response.write(FILE.subarray(0, 400), () => setTimeout(() => response.destroy(), 50));
  });
  expect(await all(fromUrl(url), 0)).toEqual(FILE);
  expect(ranges).toEqual([undefined, 'bytes=400-']);
});

test('a busy server is asked again', async () => {
  const url = await serving((request, response, number) => {
    if (number === 1) response.writeHead(503).end();
    else sendRange(request, response);
  });
  expect(await all(fromUrl(url), 0)).toEqual(FILE);
});

test('a server that refuses is not asked again', async () => {
  let requests = 0;
  const url = await serving((_, response) => {
    requests++;
    response.writeHead(404).end();
  });
  await expect(all(fromUrl(url), 0)).rejects.toMatchObject({ code: 'download_failed', message: `the server answered 404 for ${url}` });
  expect(requests).toBe(1);
});

test('behind the end of a file there is nothing, which is no error', async () => {
  const url = await serving((_, response) => response.writeHead(416).end());
  expect(await all(fromUrl(url), 5000)).toEqual(new Uint8Array());
});

test('a reader fills memory from pieces of any size, and counts what it takes', async () => {
  async function* pieces() {
    for (let at = 0; at < 100; at += 7) yield FILE.subarray(at, Math.min(at + 7, 100));
  }
  let counted = 0;
  const reader = new Reader(pieces(), (count) => (counted += count));
  const target = new Uint8Array(30);
  expect(await reader.fill(target)).toBe(30);
  expect(target).toEqual(FILE.slice(0, 30));
  expect(counted).toBe(30);
  const rest = new Uint8Array(100);
  expect(await reader.fill(rest)).toBe(70);
  expect(rest.subarray(0, 70)).toEqual(FILE.slice(30, 100));
});

test('a reader that is closed ends its source', async () => {
  let ended = false;
  async function* endless() {
    try {
      for (;;) yield FILE;
    } finally {
      ended = true;
    }
  }
  const reader = new Reader(endless(), () => {});
  await reader.fill(new Uint8Array(10));
  await reader.close();
  expect(ended).toBe(true);
});

test('megabytes are those of the disk makers, with one decimal', () => {
  expect(megabytes(101_976_436)).toBe('102.0 MB');
});
