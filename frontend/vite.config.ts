import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

// `npm run dev` serves the page with hot reload and passes the API on to a running server.
const server = process.env.GPU_SERVER ?? 'http://127.0.0.1:8080';

/** Vite drops `blocking` from the script of index.html; without it a theme that was chosen flashes at first paint. */
const renderBlocking: Plugin = {
  name: 'render-blocking',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: (page) => page.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
};

export default defineConfig({
  plugins: [renderBlocking],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // they know light-dark(); its substitute ignores a chosen theme
    assetsInlineLimit: 0, // the content security policy allows no data: URLs
    modulePreload: { polyfill: false }, // an inline script otherwise
    sourcemap: false,
  },
  server: {
    proxy: { '/graphql': { target: server, ws: true, changeOrigin: true, rewriteWsOrigin: true } },
  },
  test: { include: ['test/**/*.test.ts'] },
});
