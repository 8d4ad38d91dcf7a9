import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

export interface Served {
  readonly url: string;
  /** Requests by path. */
  readonly requests: Map<string, number>;
  /** Bytes, minified and compressed, of what the page loads, and of what its worker loads before it opens a model. */
  readonly sizes: { readonly page: number; readonly worker: number };
  close(): void;
}

/** Builds the page as a user's bundler does, and serves it with files beside it. */
export async function servePage(files: ReadonlyMap<string, Uint8Array>): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'trestle-page-'));
  await build({
    configFile: false,
    logLevel: 'silent',
    root: fileURLToPath(new URL('.', import.meta.url)),
    base: './',
    worker: { format: 'es' },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      minify: true,
      assetsDir: '',
      rolldownOptions: { input: fileURLToPath(new URL('page.ts', import.meta.url)) },
    },
  });
  const built = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  rmSync(folder, { recursive: true });
  const entry = [...built.keys()].find((name) => name.startsWith('page')) ?? '';
  const worker = [...built.keys()].find((name) => name.startsWith('model-worker')) ?? '';
  const requests = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1);
    requests.set(path, (requests.get(path) ?? 0) + 1);
    const body =
      path === ''
        ? `<!doctype html><script type="module" src="${entry}"></script>`
        : (files.get(path) ?? built.get(path));
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type':
        path === '' ? 'text/html' : path.endsWith('.js') ? 'text/javascript' : 'application/octet-stream',
      'content-length': body === undefined ? 0 : Buffer.byteLength(body),
      'cache-control': 'no-store',
      // An isolated page has threads of WebAssembly.
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    requests,
    sizes: { page: sizeOf(built, entry), worker: sizeOf(built, worker) },
    close: () => server.close(),
  };
}

/** A file with those that it imports at once, not those that it asks for later. */
function sizeOf(built: ReadonlyMap<string, Uint8Array>, entry: string): number {
  const [found, left] = [new Set<string>(), [entry]];
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const code = Buffer.from(built.get(name) ?? []).toString();
    for (const [, path = ''] of code.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g))
      left.push(path);
  }
  return [...found].reduce((sum, name) => sum + gzipSync(built.get(name) ?? '', { level: 9 }).length, 0);
}
