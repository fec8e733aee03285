import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/**
 * Leaves the modules alone: they lie beside the scripts under their own names, and 98 MB need
 * neither be read nor hashed by the bundler.
 */
const modulesBesideScripts: Plugin = {
  name: 'akio:modules-beside-scripts',
  enforce: 'pre',
  apply: 'build',
  transform(code, id) {
    if (!id.endsWith('/akio/worker.ts')) return undefined;
    return code.replace(/'\.\/akio(-plain|-threads)?\.wasm'/g, '/* @vite-ignore */ $&');
  },
};

/** The policy of headers.json, for hosts that send no headers. */
const policy: Plugin = {
  name: 'akio:policy',
  async transformIndexHtml(html) {
    const headers = JSON.parse(await readFile(new URL('headers.json', import.meta.url), 'utf8')) as Record<string, string>;
    return html.replace('%POLICY%', headers['Content-Security-Policy'] ?? '');
  },
};

/** `akio.html` has its model inside. */
const modelInside: Plugin = {
  name: 'akio:model-inside',
  enforce: 'pre',
  resolveId(source, importer) {
    if (!source.endsWith('/place.js') || !importer?.includes('/page/')) return undefined;
    return fileURLToPath(new URL('src/one-file/place.ts', import.meta.url));
  },
};

const scripts = { entryFileNames: '[name]-[hash].js', chunkFileNames: '[name]-[hash].js' };

export default defineConfig(({ mode }) => ({
  // Relative URLs: the page may lie under any path of a server.
  base: './',
  optimizeDeps: { entries: ['index.html'] },
  plugins: [modulesBesideScripts, policy, ...(mode === 'one-file' ? [modelInside] : [])],
  worker: {
    format: 'es',
    plugins: () => [modulesBesideScripts],
    rolldownOptions: { output: scripts },
  },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    assetsDir: '',
    modulePreload: { polyfill: false },
    rolldownOptions: { output: scripts },
  },
}));
