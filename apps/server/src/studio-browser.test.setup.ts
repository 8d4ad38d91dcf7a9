import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { chromiumPath } from './chromium.test.setup.ts';

const SERVE = fileURLToPath(new URL('./studio.process.test.setup.ts', import.meta.url));

/** A browser before a server with the Studio, in a process of its own. */
export interface StudioBrowser {
  readonly url: string;
  readonly prediction: string;
  /** What the browser said of errors and broken policies, on any page. */
  readonly complaints: string[];
  newPage(options?: Parameters<Browser['newContext']>[0]): Promise<Page>;
  /** Opens a page of the Studio and waits until everything that it asks is there. */
  visit(path: string, heading: string, on: Page): Promise<void>;
  /** What axe finds on it. */
  violations(on: Page): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openStudio(): Promise<StudioBrowser> {
  const executablePath = chromiumPath();
  const child: ChildProcess = fork(SERVE, { execArgv: ['--experimental-strip-types'], stdio: 'inherit' });
  const started = once(child, 'message');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const [{ url, prediction }] = await started;
  const complaints: string[] = [];
  return {
    url,
    prediction,
    complaints,
    async newPage(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
      const made = await context.newPage();
      made.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      made.on('pageerror', (error) => complaints.push(String(error)));
      made.on('dialog', (dialog) => {
        complaints.push(`a script ran: ${dialog.message()}`);
        void dialog.dismiss();
      });
      return made;
    },
    async visit(path, heading, on) {
      await on.goto(`${url}/#/${path}`);
      await on.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      await expect.poll(() => on.locator('.loading').count()).toBe(0);
    },
    async violations(on) {
      await on.evaluate(axe.source);
      const result = await on.evaluate<axe.AxeResults>('axe.run()');
      return result.violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.target} ${node.html}`),
      );
    },
    async close() {
      await browser.close();
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
