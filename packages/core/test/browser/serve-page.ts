import { createServer } from 'node:http';
import { extname, resolve } from 'node:path';
import { build } from 'vite';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};
/** With these, a page may share memory between threads. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export interface ServedPage {
  /** The page's address; an isolated one may use threads, unless its policy forbids workers. */
  url(device: string, isIsolated: boolean, policy?: string): string;
  close(): void;
}

/** Bundles a module with the contract suite for the browser, in memory, and serves it on the loopback address. */
export async function servePage(entry: string): Promise<ServedPage> {
  const files = new Map<string, string | Uint8Array>();
  const html = '<!doctype html><title>contract</title><script type="module" src="/page.js"></script>';
  files.set('/', html);
  for (const [name, source] of await bundle(entry)) files.set(`/${name}`, source);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const file = files.get(pathname);
    const type = TYPES[extname(pathname) || '.html'] ?? 'application/octet-stream';
    // A worker's script needs the headers as well as the page that starts it.
    const isIsolated =
      searchParams.get('isolated') === 'yes' || request.headers.referer?.includes('isolated=yes');
    const policy = searchParams.get('policy');
    response.writeHead(file === undefined ? 404 : 200, {
      'Content-Type': type,
      ...(isIsolated ? ISOLATION : {}),
      ...(policy === null ? {} : { 'Content-Security-Policy': policy }),
    });
    response.end(file);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: (device, isIsolated, policy) =>
      `http://127.0.0.1:${port}/?${new URLSearchParams({
        device,
        isolated: isIsolated ? 'yes' : 'no',
        ...(policy === undefined ? {} : { policy }),
      })}`,
    close: () => server.close(),
  };
}

async function bundle(entry: string): Promise<[string, string | Uint8Array][]> {
  const folder = import.meta.dirname;
  const outcome = await build({
    configFile: false,
    logLevel: 'error',
    root: folder,
    resolve: { alias: { vitest: resolve(folder, 'page-runner.ts') } },
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      modulePreload: false,
      rolldownOptions: {
        input: resolve(folder, entry),
        // Only Node has it; a page never comes to the import.
        external: ['webgpu', /^node:/],
        output: { entryFileNames: 'page.js' },
      },
    },
  });
  const outputs = Array.isArray(outcome) ? outcome : 'output' in outcome ? [outcome] : [];
  return outputs.flatMap(({ output }) =>
    output.map((part): [string, string | Uint8Array] => [
      part.fileName,
      part.type === 'chunk' ? part.code : part.source,
    ]),
  );
}
