import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, isWithoutChromium } from './chromium.test.setup.ts';
import { type TestServer, testServer } from './server.test.setup.ts';

/** What a page may pay for the typed client, minified and compressed. */
const MAX_BYTES = 8 * 1_024;

async function bundle(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      lib: { entry: fileURLToPath(new URL(entry, import.meta.url)), formats: ['iife'], name: 'trial' },
    },
  });
  const [{ output }] = [built].flat() as [Rolldown.RolldownOutput];
  expect(output).toHaveLength(1);
  return output[0].code;
}

describe('the typed client in a page', () => {
  let code: string;
  beforeAll(async () => {
    code = await bundle('./client-page.test.setup.ts');
  });

  it(`costs at most ${MAX_BYTES} bytes, and brings nothing of the operations along`, () => {
    const bytes = gzipSync(code, { level: 9 }).length;
    process.stdout.write(`The typed client in a page: ${bytes} bytes minified and compressed.\n`);
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    expect(code).not.toMatch(/ZodError|node:|secret internals/);
  });

  describe.skipIf(isWithoutChromium)('of a browser', () => {
    let browser: Browser;
    let under: TestServer;
    beforeAll(async () => {
      under = await testServer();
      browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
    });
    afterAll(async () => {
      await browser?.close();
      await under?.stop();
    });

    it('calls a server: answers, progress and errors are what they are in Node', async () => {
      // The script is put into a page of the server, whose own policy would refuse one from elsewhere.
      const page = await (await browser.newContext({ bypassCSP: true })).newPage();
      await page.goto(under.server.url);
      await page.addScriptTag({ content: code });
      const result = await page.evaluate<unknown>('trial.tryClient(location.origin)');
      expect(result).toMatchObject({
        said: ['hello', 'hello'],
        counted: 6,
        steps: expect.arrayContaining([expect.stringMatching(/^step \d/)]),
        refused: {
          code: 'TRS_KERNEL_INPUT_INVALID',
          kind: 'invalid',
          text: expect.stringContaining('"times"'),
          details: { issues: [{ field: 'times' }] },
        },
      });
    });
  });
});
