import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

import { render } from './app.js';

const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname === '/') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    return response.end(page(searchParams.get('question') ?? 'What is the capital of France?'));
  }
  const file = join(import.meta.dirname, 'dist', pathname);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return response.writeHead(404).end();
  response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Content-Length': found.size });
  createReadStream(file).pipe(response);
});
server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});

function page(question) {
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>akio behind a server</title>
  <link rel="icon" href="data:,">
  <div id="app">${render(question)}</div>
  <script type="module" src="/client.js"></script>
</html>`;
}
