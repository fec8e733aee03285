import { defineConfig, type Plugin } from 'vite';

/**
 * Leaves the module alone: it lies beside the scripts under its own name, and 98 MB need
 * neither be read nor hashed by the bundler.
 */
const moduleBesideScripts: Plugin = {
  name: 'akio:module-beside-scripts',
  enforce: 'pre',
  apply: 'build',
  transform(code, id) {
    if (!id.endsWith('/akio/worker.ts')) return undefined;
    return code.replace(`'./akio.wasm'`, `/* @vite-ignore */ './akio.wasm'`);
  },
};

const scripts = { entryFileNames: '[name]-[hash].js', chunkFileNames: '[name]-[hash].js' };

export default defineConfig({
  // Relative URLs: the page may lie under any path of a server.
  base: './',
  optimizeDeps: { entries: ['index.html'] },
  plugins: [moduleBesideScripts],
  worker: {
    format: 'es',
    plugins: () => [moduleBesideScripts],
    rolldownOptions: { output: scripts },
  },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    assetsDir: '',
    modulePreload: { polyfill: false },
    rolldownOptions: { output: scripts },
  },
});
