import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE } from './hostile.test.setup.ts';
import { isWithoutChromium, openStudio, type StudioBrowser } from './studio-browser.test.setup.ts';

describe.skipIf(isWithoutChromium)('the Studio’s pages about data', () => {
  let studio: StudioBrowser;
  let page: Page;

  beforeAll(async () => {
    studio = await openStudio();
    page = await studio.newPage();
  });
  afterAll(async () => {
    await studio?.close();
  });
  /** Nothing to say against the page, in the light and in the dark, on a screen and on a telephone. */
  async function isFitForEverybody(): Promise<void> {
    expect(await studio.violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await studio.violations(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1440, height: 900 });
    expect(studio.complaints).toEqual([]);
  }

  describe('the query box', () => {
    const sql = () => page.getByLabel(/^One SELECT/);
    const ask = async (text: string): Promise<void> => {
      await sql().fill(text);
      await page.keyboard.press('Control+Enter');
    };
    const answered = (rows: string) => page.getByRole('status').filter({ hasText: rows }).waitFor();

    it('shows rows as they are, whatever is in them', async () => {
      studio.complaints.length = 0;
      await studio.visit('query', 'Query', page);
      await ask(
        'SELECT id, amount / 3 AS third, NULL AS nothing, [1, 2] AS list FROM "orders@1" ORDER BY id LIMIT 2',
      );
      await answered('2 rows');
      const table = page.getByRole('table', { name: 'Rows of the result' });
      expect(await table.getByRole('row').allTextContents()).toEqual([
        'idthirdnothinglist',
        '00NULL[1,2]',
        '12.3333333333333335NULL[1,2]',
      ]);
      await isFitForEverybody();
    });

    it('is led to from a version, and shows what is meant to break it as text', async () => {
      studio.complaints.length = 0;
      await studio.visit(`datasets/${HOSTILE.dataset}%401`, `${HOSTILE.dataset}@1`, page);
      await page.getByRole('link', { name: 'Query', exact: true }).last().click();
      await page.getByRole('heading', { level: 1, name: 'Query' }).waitFor();
      expect(await sql().inputValue()).toBe(`SELECT * FROM "${HOSTILE.dataset}@1" LIMIT 100`);
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await answered('100 rows');
      const table = page.getByRole('table', { name: 'Rows of the result' });
      for (const text of [HOSTILE.column, HOSTILE.number, ...HOSTILE.values])
        expect(await table.getByText(text, { exact: true }).count()).toBeGreaterThan(0);
      expect(await page.locator('main img, main script, main svg').count()).toBe(0);
      await isFitForEverybody();
    });

    it('puts names where the cursor is and leaves it behind them, with the keyboard alone', async () => {
      await studio.visit('query', 'Query', page);
      await sql().fill('SELECT , 1 AS one FROM orders');
      await page.keyboard.press('Home');
      for (const _ of 'SELECT ') await page.keyboard.press('ArrowRight');
      const datasets = page.getByRole('complementary', { name: 'Datasets' });
      await datasets.getByText('orders', { exact: true }).focus();
      await page.keyboard.press('Enter');
      const name = datasets.getByRole('button', { name: HOSTILE.column });
      await name.waitFor();
      await name.focus();
      await page.keyboard.press('Enter');
      await page.keyboard.type(' AS x');
      expect(await sql().inputValue()).toBe(`SELECT "${HOSTILE.column}" AS x, 1 AS one FROM orders`);
      await page.keyboard.press('Control+Enter');
      await answered('66 rows');
    });

    it('draws what a page can bear of a wide result, and says so', async () => {
      await studio.visit('query', 'Query', page);
      const wide = Array.from({ length: 300 }, (_, k) => `${k} AS c${k}`).join(', ');
      await ask(`SELECT ${wide} FROM range(400)`);
      await answered('400 rows');
      await answered('the first 100 are shown; of 300 columns the first 200 are shown');
      expect(await page.getByRole('columnheader').count()).toBe(200);
    });

    it('stops a query that is no longer wanted', async () => {
      await studio.visit('query', 'Query', page);
      await ask('SELECT count(*) FROM range(100000000) a, range(1000000) b');
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByText('It was stopped.').waitFor();
      await ask('SELECT 2 AS two');
      await answered('1 row');
    });
  });
});
