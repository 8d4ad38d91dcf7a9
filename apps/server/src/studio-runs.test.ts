import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWithoutChromium } from './chromium.test.setup.ts';
import { HOSTILE } from './hostile.test.setup.ts';
import { openStudio, type StudioBrowser } from './studio-browser.test.setup.ts';

describe.skipIf(isWithoutChromium)('runs in the Studio', () => {
  let studio: StudioBrowser;
  let page: Page;
  beforeAll(async () => {
    studio = await openStudio();
    page = await studio.newPage();
  });
  afterAll(async () => {
    await studio?.close();
  });
  const grid = (on = page) => on.getByRole('grid');
  const columnOf = async (label: RegExp): Promise<readonly string[]> => {
    const index = await page.getByRole('columnheader', { name: label }).getAttribute('aria-colindex');
    return await page.locator(`[role=gridcell][aria-colindex="${index}"]`).allTextContents();
  };

  it('are chosen by conditions, sorted and coloured, and the address keeps it', async () => {
    studio.complaints.length = 0;
    await studio.visit('runs?experiment=tuning', 'Runs', page);
    await page.getByText('12 runs').waitFor();
    // The seed is the same in all of them.
    expect(await page.getByRole('columnheader', { name: 'seed' }).count()).toBe(0);
    // What is pinned and what is not stand on one line.
    const tops = await page.evaluate<number[]>(
      `[...document.querySelectorAll('[aria-rowindex="2"], [aria-rowindex="2"] [role=gridcell]')].map((cell) => cell.getBoundingClientRect().top)`,
    );
    expect(new Set(tops).size).toBe(1);
    await page.getByRole('columnheader', { name: /loss/ }).click();
    await page.getByRole('columnheader', { name: /loss/ }).click();
    await expect.poll(async () => (await columnOf(/loss/)).slice(0, 3)).toEqual(['0.2', '0.4', '0.6']);
    await page.getByLabel('colour').check();
    await page.getByLabel('min', { exact: true }).check();
    await page.getByLabel('Only where').fill('param:rate>=0.05; tag:stage=tried');
    await page.keyboard.press('Enter');
    await page.getByText('5 runs').waitFor();
    expect(await studio.violations(page)).toEqual([]);
    const again = await studio.newPage({ colorScheme: 'dark' });
    await again.goto(page.url());
    await again.getByText('5 runs').waitFor();
    await again.getByRole('columnheader', { name: /loss · min/ }).waitFor();
    expect(await again.locator('.shaded').count()).toBeGreaterThan(0);
    expect(await studio.violations(again)).toEqual([]);
    await again.context().close();
    await page.getByLabel('Only where').fill('colour=red');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('TRS_TRACKING_KEY').first().waitFor();
  });

  it('are gone through and chosen with the keyboard, and compared', async () => {
    studio.complaints.length = 0;
    await studio.visit('runs?experiment=tuning', 'Runs', page);
    await page.getByText('12 runs').waitFor();
    await grid().focus();
    for (const key of [' ', 'ArrowDown', ' ', 'ArrowDown', ' ', 'ArrowDown', ' ', 'ArrowDown', ' '])
      await page.keyboard.press(key);
    expect(await page.locator('[role=row][aria-selected=true]').count()).toBe(5);
    await page.getByRole('link', { name: 'Compare 5 runs' }).press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Compared runs' }).waitFor();
    await page.getByRole('img', { name: /^loss of 5 runs by step/ }).waitFor();
    await page.getByRole('img', { name: /^How closely loss follows/ }).waitFor();
    await page.getByRole('img', { name: /^5 runs as lines through rate, kind, loss/ }).waitFor();
    expect(await page.locator('.dot').count()).toBe(5);
    await page.getByText(HOSTILE.column).first().waitFor();
    await page.getByLabel('Along').selectOption('epoch');
    await page.getByRole('img', { name: /^loss of 5 runs by epoch/ }).waitFor();
    await page.getByLabel('logarithmic up').check();
    expect(await studio.violations(page)).toEqual([]);
    expect(studio.complaints).toEqual([]);
    const dark = await studio.newPage({ colorScheme: 'dark', viewport: { width: 390, height: 844 } });
    await dark.goto(page.url());
    await dark.getByRole('img', { name: /^5 runs as lines/ }).waitFor();
    expect(await studio.violations(dark)).toEqual([]);
    expect(await dark.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await dark.context().close();
  });

  it('have pinned and hidden columns, which stay where they are', async () => {
    await studio.visit('runs?experiment=tuning&pin=metric%3Aloss&hide=started', 'Runs', page);
    await page.getByText('12 runs').waitFor();
    expect(await page.locator('.pinned').first().getByRole('columnheader', { name: /loss/ }).count()).toBe(1);
    expect(await page.getByRole('columnheader', { name: 'Started' }).count()).toBe(0);
    await page.getByText('Columns', { exact: true }).click();
    await page.getByLabel('pin param:rate').check();
    expect(await page.locator('.pinned').first().getByRole('columnheader', { name: /rate/ }).count()).toBe(1);
    expect(await studio.violations(page)).toEqual([]);
  });
});
