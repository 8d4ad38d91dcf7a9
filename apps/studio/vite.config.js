import { defineConfig } from 'vite';
export default defineConfig({
  // The Studio may be served under a path of a larger site.
  base: './',
  // No inlined assets: the content-security policy of the server allows 'self' only.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: { proxy: { '/api': 'http://127.0.0.1:7070', '/readyz': 'http://127.0.0.1:7070' } },
});
