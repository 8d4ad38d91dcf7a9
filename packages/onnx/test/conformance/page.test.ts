import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES_FOLDER, conformanceCases } from './cases.ts';
import exceptions from './exceptions.json' with { type: 'json' };
import type { PageCase } from './page/page.ts';

/** What the page has. */
interface InPage {
  conformance(cases: readonly PageCase[], device: string): Promise<Record<string, string>>;
}

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = [process.env.TRESTLE_CHROMIUM ?? '', ...places].find(existsSync);
if (executablePath === undefined && process.env.TRESTLE_REQUIRE_CHROMIUM === '1')
  throw new Error('There is no Chromium, and TRESTLE_REQUIRE_CHROMIUM says that there must be one.');

/** Random cases are compared by shape and type in Node, faulty and refused ones are explained there. */
const left = new Set(
  [exceptions.refused, exceptions.faulty, exceptions.random].flatMap((one) => Object.keys(one)),
);
const cases = conformanceCases()
  .filter(({ name }) => !left.has(name))
  .map(({ kind, name, folder }): PageCase => {
    const sets = readdirSync(folder).filter((one) => one.startsWith('test_data_set_'));
    const count = (set: string, what: string) =>
      readdirSync(join(folder, set)).filter((one) => one.startsWith(what)).length;
    return {
      name: `${kind} ${name}`,
      path: `/cases/${kind}/${name}`,
      sets: sets.map((set) => ({ name: set, inputs: count(set, 'input_'), outputs: count(set, 'output_') })),
    };
  });
const why = executablePath === undefined ? 'there is no Chromium' : 'there are no cases (libonnx-testdata)';
const isSkipped = executablePath === undefined || cases.length === 0;
if (isSkipped) console.warn(`The conformance cases are not tried in a page: ${why}.`);

/** The page's code, as a bundler makes it, by file name. */
async function bundle(): Promise<Map<string, string | Uint8Array>> {
  const made = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2023',
      assetsDir: '',
      rolldownOptions: { input: fileURLToPath(new URL('page/page.ts', import.meta.url)) },
    },
  });
  const [{ output } = { output: [] }] = [made].flat() as { output: { fileName: string }[] }[];
  return new Map(
    output.map((one) => [
      one.fileName,
      'code' in one ? (one.code as string) : (one as never as { source: Uint8Array }).source,
    ]),
  );
}

describe.skipIf(isSkipped)('the conformance cases of ONNX in Chromium', () => {
  let server: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const built = await bundle();
    const entry = [...built.keys()].find((name) => name.startsWith('page')) ?? '';
    server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? '/');
      const body =
        path === '/'
          ? `<!doctype html><script type="module" src="/${entry}"></script>`
          : path.startsWith('/cases/')
            ? readFileSync(join(CASES_FOLDER, path.slice('/cases/'.length)))
            : built.get(path.slice(1));
      response.writeHead(body === undefined ? 404 : 200, {
        'content-type':
          path === '/' ? 'text/html' : path.endsWith('.js') ? 'text/javascript' : 'application/octet-stream',
      });
      response.end(body);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
    });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('globalThis.conformance !== undefined');
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  // An adapter in software, SwiftShader, is a part of Chromium.
  it.each(['wasm', 'webgpu'])(
    'give what is expected on %s, as the session chooses and on the core',
    async (device) => {
      expect(cases.length).toBeGreaterThan(1_000);
      const wrong = await page.evaluate(
        ([list, name]) => (globalThis as never as InPage).conformance(list, name),
        [cases, device] as const,
      );
      expect(wrong).toEqual({});
    },
  );
});
