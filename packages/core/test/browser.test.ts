import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from './browser/chromium.ts';
import type { PageResult } from './browser/page-runner.ts';
import { servePage } from './browser/serve-page.ts';

interface Page {
  readonly title: string;
  readonly device: 'webgpu' | 'wasm';
  readonly isIsolated: boolean;
  /** Of content security. */
  readonly policy?: string;
}

// Where the contract is run: the CPU may use threads only in an isolated page.
const PAGES: readonly Page[] = [
  { title: 'webgpu in Chromium (SwiftShader)', device: 'webgpu', isIsolated: false },
  { title: 'wasm in Chromium, isolated', device: 'wasm', isIsolated: true },
  { title: 'wasm in Chromium, not isolated', device: 'wasm', isIsolated: false },
  {
    title: 'wasm in Chromium, isolated, without leave to start workers',
    device: 'wasm',
    isIsolated: true,
    policy: "script-src 'self' 'wasm-unsafe-eval'",
  },
];

interface PageOutcome {
  readonly isIsolated: boolean;
  /** Of the CPU device. */
  readonly threads: number | undefined;
  /** Parts of kernels that threads other than the page's have run. */
  readonly helped: number | undefined;
  readonly results: readonly PageResult[];
}

async function runPages(executable: string): Promise<Map<string, PageOutcome>> {
  const served = await servePage('page.ts');
  const browser = await launchChromium(executable);
  const outcomes = new Map<string, PageOutcome>();
  try {
    for (const { title, device, isIsolated, policy } of PAGES) {
      const page = await browser.newPage();
      const crash = new Promise<never>((_, reject) => {
        page.on('pageerror', reject);
        page.on('crash', () => reject(new Error('The page crashed.')));
      });
      await page.goto(served.url(device, isIsolated, policy));
      const results = page.evaluate<readonly PageResult[]>('contractResults');
      outcomes.set(title, {
        isIsolated: await page.evaluate<boolean>('crossOriginIsolated'),
        results: await Promise.race([results, crash]),
        threads: await page.evaluate<number | undefined>('globalThis.threads'),
        helped: await page.evaluate<number | undefined>('globalThis.helped?.()'),
      });
      await page.close();
    }
  } finally {
    await browser.close();
    served.close();
  }
  return outcomes;
}

const executable = findChromium();
const missing = 'no Chromium was found; install one, or name it with TRESTLE_CHROMIUM';

if (!executable) {
  console.warn(`The contract is not run in a browser: ${missing}.`);
  describe('in Chromium: device contract', () => {
    it(`is not run: ${missing}`, (context) => {
      // A machine that checks for everyone must not pass by leaving this out.
      if (process.env.TRESTLE_REQUIRE_CHROMIUM === '1')
        throw new Error(`The browser contract cannot run: ${missing}.`);
      context.skip(missing);
    });
  });
} else {
  const outcomes = await runPages(executable);
  for (const { title, device, isIsolated, policy } of PAGES) {
    const outcome = outcomes.get(title);
    describe(title, () => {
      it(`${isIsolated ? 'may' : 'may not'} share memory between threads`, () => {
        expect(outcome?.isIsolated).toBe(isIsolated);
        if (device !== 'wasm') return;
        expect(outcome?.threads).toBe(isIsolated ? 2 : 1);
        expect((outcome?.helped ?? 0) > 0).toBe(isIsolated && policy === undefined);
      });
      it('runs the whole contract', () => {
        expect(outcome?.results.length).toBeGreaterThan(40);
      });
      for (const { name, error, skipped } of outcome?.results ?? []) {
        it(name, (context) => {
          if (skipped !== undefined) context.skip(skipped);
          if (error !== undefined) throw new Error(error);
        });
      }
    });
  }
}
