import { defineConfig } from 'vitest/config';

// `npm run dev` serves the page with hot reload and passes the API on to a running server.
const server = process.env.GPU_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the content security policy allows no data: URLs
    modulePreload: { polyfill: false }, // an inline script otherwise
    sourcemap: false,
  },
  server: {
    proxy: { '/graphql': { target: server, ws: true, changeOrigin: true } },
  },
  test: { include: ['test/**/*.test.ts'] },
});
