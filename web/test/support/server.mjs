// A static file server on a free port, as small as a test needs.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/**
 * Serves `folder` below `path`. `overrides` answers requests for a file name itself:
 * `{ 'akio.wasm': (request, response, file) => … }`.
 */
export async function serve(folder, { path = '/', overrides = {} } = {}) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (!pathname.startsWith(path)) return notFound(response);
    const name = normalize(pathname.slice(path.length)) || 'index.html';
    const file = join(folder, name === '.' ? 'index.html' : name);
    if (overrides[name]) return overrides[name](request, response, file);
    await sendFile(response, file);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

export async function sendFile(response, file, { type = TYPES[extname(file)], bytes } = {}) {
  const size = bytes ?? (await stat(file).then(({ size }) => size, () => undefined));
  if (size === undefined) return notFound(response);
  response.writeHead(200, {
    'Content-Type': type ?? 'application/octet-stream',
    'Content-Length': size,
    'Cache-Control': 'no-store',
  });
  createReadStream(file, { end: size - 1 }).pipe(response);
}

function notFound(response) {
  response.writeHead(404, { 'Content-Type': 'text/html' });
  response.end('<!doctype html><title>Not found</title>');
}
