import { existsSync } from 'node:fs';
import process from 'node:process';
import { type Browser, chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where a Chromium is: `TRESTLE_CHROMIUM`, the system's, or the one that Playwright installed. */
export function findChromium(): string | undefined {
  const named = process.env.TRESTLE_CHROMIUM;
  return [...(named ? [named] : PLACES), chromium.executablePath()].find((path) => existsSync(path));
}

/** A headless Chromium whose WebGPU runs on SwiftShader, so that the result does not depend on the machine's driver. */
export const launchChromium = async (executablePath: string): Promise<Browser> =>
  await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--enable-features=SharedArrayBuffer',
    ],
  });
