import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWithoutChromium } from './chromium.test.setup.ts';
import { HOSTILE } from './hostile.test.setup.ts';
import { openStudio, type StudioBrowser } from './studio-browser.test.setup.ts';

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
      await answered('500 rows, and there are more');
    });

    it('shows all of a wide result, and draws of it only what is seen', async () => {
      await studio.visit('query', 'Query', page);
      const wide = Array.from({ length: 300 }, (_, k) => `${k} AS c${k}`).join(', ');
      await ask(`SELECT ${wide} FROM range(400)`);
      await answered('400 rows of 300 columns');
      const table = page.getByRole('table', { name: 'Rows of the result' });
      expect([await table.getAttribute('aria-rowcount'), await table.getAttribute('aria-colcount')]).toEqual([
        '401',
        '300',
      ]);
      expect(await table.getByRole('cell').count()).toBeLessThan(1_500);
      await page.getByRole('region', { name: 'Rows of the result' }).evaluate((box) => {
        box.scrollTo({ left: box.scrollWidth, top: box.scrollHeight });
      });
      await table.getByRole('columnheader', { name: 'c299' }).waitFor();
      await expect.poll(() => table.getByRole('row').last().getAttribute('aria-rowindex')).toBe('401');
      await isFitForEverybody();
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

  describe('a version', () => {
    it('has its tags, erasures and expectations, and of each column what it means', async () => {
      studio.complaints.length = 0;
      await studio.visit('datasets/orders%402', 'orders@2', page);
      await page.getByText('gold', { exact: true }).waitFor();
      await page.getByText(/^1 row was erased from it/).waitFor();
      const results = page.getByRole('table', { name: /^Expectations of orders@2/ });
      expect(await results.getByRole('row').allTextContents()).toEqual([
        'ExpectationResultFailing rowsFound',
        expect.stringMatching(/^column\.notNull "id"held0/),
        expect.stringMatching(/^column\.between 0 60 "amount"warning7/),
      ]);
      const email = page.getByRole('article').filter({ hasText: 'person' });
      await email.getByText('personal data').waitFor();
      await page.getByRole('img', { name: /^Histogram of amount: from 0 to 100, mean/ }).waitFor();
      const amount = page.getByRole('article').filter({ hasText: 'amount' });
      await amount.getByText('Statistics').focus();
      await page.keyboard.press('Enter');
      await amount.getByText('standard deviation').waitFor();
      await page
        .getByRole('img', { name: /of the strongest possible, both rise together$/ })
        .first()
        .waitFor();
      await page.getByText(HOSTILE.column, { exact: true }).first().waitFor();
      await isFitForEverybody();
    });

    it('is tagged with the keyboard, and a tag that moves says from where', async () => {
      studio.complaints.length = 0;
      await studio.visit('datasets/orders%401', 'orders@1', page);
      const label = page.getByLabel('A tag for this version');
      await label.focus();
      await page.keyboard.type('checked');
      await page.keyboard.press('Enter');
      await page.getByRole('status').filter({ hasText: 'orders@checked is version 1.' }).waitFor();
      await page.getByText('checked', { exact: true }).waitFor();
      expect(await label.inputValue()).toBe('');
      expect(await page.evaluate('document.activeElement.parentElement.textContent')).toContain(
        'A tag for this version',
      );
      await isFitForEverybody();
      await studio.visit('datasets/orders%402', 'orders@2', page);
      await page.getByLabel('A tag for this version').fill('checked');
      await page.getByRole('button', { name: 'Tag', exact: true }).click();
      await page.getByRole('status').filter({ hasText: 'orders@checked is version 2, it was 1.' }).waitFor();
      await page.getByLabel('A tag for this version').fill('7');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('a number and "latest" mean versions already').waitFor();
      expect(await studio.violations(page)).toEqual([]);
      // The browser says that the server refused.
      studio.complaints.length = 0;
    });

    it('warns of columns that nearly tell the one that is to be predicted', async () => {
      await studio.visit('datasets/orders%401', 'orders@1', page);
      await page.getByLabel('A column to predict').selectOption('late');
      const leaks = page.getByRole('status', { name: 'Leaks of late' });
      await leaks.getByText('“amount” alone nearly tells “late”').waitFor();
      await page.getByLabel('A column to predict').selectOption(HOSTILE.column);
      await page.getByText(`No column alone nearly tells “${HOSTILE.column}”.`).waitFor();
      await isFitForEverybody();
    });

    it('is compared with another one, by whole rows or by a column that names them', async () => {
      studio.complaints.length = 0;
      await studio.visit('datasets/orders%402', 'orders@2', page);
      await page.getByRole('button', { name: 'Compare' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'orders@1 to orders@2' }).waitFor();
      await page.getByText(/^A row that changed is one removed and one added/).waitFor();
      await page.getByLabel('rows named by').selectOption('id');
      await page.getByRole('button', { name: 'Compare' }).click();
      const changed = page.getByRole('table', { name: 'Rows that changed, for example' });
      await changed.waitFor();
      expect((await changed.getByRole('row').allTextContents()).slice(0, 2)).toEqual([
        'idColumnWasIs',
        '100amount0100',
      ]);
      await page
        .getByRole('table', { name: /^Columns that are not in both/ })
        .getByText('note')
        .waitFor();
      const removed = page.getByRole('table', { name: 'Removed, for example' });
      expect(await removed.getByText(HOSTILE.column, { exact: true }).count()).toBe(1);
      await page
        .getByRole('img', { name: /^Distribution of amount before and after, distance 0\.\d+; most changed/ })
        .waitFor();
      expect(await page.locator('main img, main script, main svg[onload]').count()).toBe(0);
      await isFitForEverybody();
    });

    it('says so where it, or what it is compared with, is not there', async () => {
      await page.goto(`${studio.url}/#/datasets/orders%402/orders%4099`);
      await page.getByRole('alert').getByText('TRS_DATA_UNKNOWN_VERSION').waitFor();
    });
  });

  describe('a pipeline', () => {
    it('that fails says where and why, in the graph, in its steps and in its history', async () => {
      await studio.visit('pipelines/checked', 'checked', page);
      await page.getByText('It starts: "0 3 1 1 *", drift of birds').waitFor();
      const run = async (): Promise<void> => {
        await page.getByRole('button', { name: 'Run', exact: true }).click();
        const dialog = page.getByRole('dialog', { name: 'Run checked?' });
        await dialog.getByLabel('Run them all the same').focus();
        await page.keyboard.press('Space');
        expect(await studio.violations(page)).toEqual([]);
        await dialog.getByRole('button', { name: 'Run' }).click();
        expect(await page.getByRole('alert').textContent()).toContain('TRS_DATA_EXPECTATIONS_FAILED');
      };
      await run();
      const steps = page.getByRole('table', { name: /^Steps of r-/ });
      await steps.getByText('failed', { exact: true }).waitFor();
      await steps.getByText('not reached', { exact: true }).waitFor();
      const graph = page.getByRole('region', { name: 'Steps of checked' });
      await graph.getByText('sql · failed').waitFor();
      expect(await graph.locator('.node.bad').count()).toBe(1);

      await page.reload();
      await run();
      const runs = page.getByRole('table', { name: 'Runs, newest first' });
      await runs.getByRole('rowheader').nth(1).waitFor();
      expect(await runs.getByRole('rowheader').count()).toBe(2);
      const first = runs.getByRole('link').last();
      const id = (await first.textContent()) ?? '';
      await first.click();
      await page.getByRole('heading', { level: 2, name: id }).waitFor();
      await page
        .getByRole('table', { name: `Steps of ${id}` })
        .getByText('failed')
        .first()
        .waitFor();
      studio.complaints.length = 0;
      await isFitForEverybody();
    });

    it('is shown where an answer takes longer than the time between two questions', async () => {
      await page.route('**/api/v1/pipeline/show', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        await route.continue().catch(() => {});
      });
      await page.goto(`${studio.url}/#/pipelines/features`);
      await page.getByText(/^It starts: /).waitFor({ timeout: 15_000 });
      await page.unroute('**/api/v1/pipeline/show');
    });

    it('tells how far it is while it runs', async () => {
      await studio.visit('pipelines/features', 'features', page);
      await page.route('**/events', async (route) => {
        await route.fulfill({
          contentType: 'text/event-stream',
          body: `event: progress\ndata: {"state":"running","step":"fast: 7 rows","fraction":0.5}\n\n`,
        });
      });
      let isOver = false;
      await page.route('**/api/v1/jobs/*', (route) =>
        isOver ? route.continue() : route.fulfill({ json: { state: 'running' } }),
      );
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
      await page.getByRole('status').filter({ hasText: '50 % fast: 7 rows' }).waitFor();
      expect(await studio.violations(page)).toEqual([]);
      isOver = true;
      // Its connection ends without a word of the end: the job is followed over a new one.
      await page.unroute('**/events');
      await page.getByRole('status').filter({ hasText: 'features has run.' }).waitFor();
      expect(await page.getByRole('progressbar').count()).toBe(0);
      await page.unroute('**/api/v1/jobs/*');
    });
  });
});
