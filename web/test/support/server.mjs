// A static file server on a free port, as small as a test needs.

import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/**
 * Serves `folder` below `path`, by ranges unless `ranges` is off. Every answer has `headers`, as good static
 * hosts read them from the file `_headers`.
 * `overrides` answers requests for a file name itself: `{ 'akio.wasm': (request, response, file) => … }`.
 */
export async function serve(folder, { path = '/', headers, ranges = true, port = 0, overrides = {} } = {}) {
  headers ??= await headersOf(folder);
  const server = createServer(async (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const { pathname } = new URL(request.url, 'http://localhost');
    if (!pathname.startsWith(path)) return notFound(response);
    const name = normalize(pathname.slice(path.length)) || 'index.html';
    const file = join(folder, name === '.' ? 'index.html' : name);
    if (overrides[name]) return overrides[name](request, response, file);
    await sendFile(response, file, ranges ? { range: request.headers.range } : {});
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${path}`,
    port: server.address().port,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/** Sends a file: its first `bytes`, and of these what the header `range` asks for. */
export async function sendFile(response, file, { type = TYPES[extname(file)], bytes, range } = {}) {
  const size = bytes ?? (await stat(file).then(({ size }) => size, () => undefined));
  if (size === undefined) return notFound(response);
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  const start = Number(first ?? 0);
  const end = Math.min(last ? Number(last) : size - 1, size - 1);
  if (start > end) return response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
  response.writeHead(first === undefined ? 200 : 206, {
    'Content-Type': type ?? 'application/octet-stream',
    'Content-Length': end - start + 1,
    'Cache-Control': 'no-store',
    ...(first !== undefined && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
  });
  createReadStream(file, { start, end }).pipe(response);
}

async function headersOf(folder) {
  const file = await readFile(join(folder, '_headers'), 'utf8').catch(() => '');
  return Object.fromEntries([...file.matchAll(/^ +(\S+): (.+)$/gm)].map(([, name, value]) => [name, value]));
}

function notFound(response) {
  response.writeHead(404, { 'Content-Type': 'text/html' });
  response.end('<!doctype html><title>Not found</title>');
}
