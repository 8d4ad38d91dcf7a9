import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWithoutChromium } from './chromium.test.setup.ts';
import { HOSTILE } from './hostile.test.setup.ts';
import { openStudio, type StudioBrowser } from './studio-browser.test.setup.ts';

describe.skipIf(isWithoutChromium)('the Studio and a plugin of which it knows nothing', () => {
  let studio: StudioBrowser;
  let page: Page;
  beforeAll(async () => {
    studio = await openStudio();
    page = await studio.newPage();
  });
  afterAll(async () => {
    await studio?.close();
  });
  const isInOrder = async (): Promise<void> => {
    expect(await studio.violations(page)).toEqual([]);
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(studio.complaints).toEqual([]);
  };
  const focused = () => page.evaluate<string>('document.activeElement.textContent.trim()');

  it('lists its operations, and finds them by their name or purpose', async () => {
    studio.complaints.length = 0;
    await studio.visit('operations', 'Operations', page);
    await page.getByLabel('Whose name or purpose has').fill('water at');
    const table = page.getByRole('table', { name: 'Operations' });
    await expect.poll(() => table.getByRole('rowheader').allTextContents()).toEqual(['tides.levels']);
    // What was looked for is in the address: the way back leads to it.
    await table.getByRole('link', { name: 'tides.levels' }).click();
    await page.getByRole('heading', { level: 1, name: 'tides.levels' }).waitFor();
    await page.goBack();
    await expect.poll(() => table.getByRole('rowheader').allTextContents()).toEqual(['tides.levels']);
    await isInOrder();
  });

  it('draws a form of its input and every kind of view of its result', async () => {
    studio.complaints.length = 0;
    await studio.visit('operations/tides.levels', 'tides.levels', page);
    await page.getByLabel('place').selectOption(HOSTILE.column);
    await page.getByLabel(/^days/).fill('4');
    await page.keyboard.press('Enter');
    const result = page.getByRole('region', { name: 'Result' });
    await result.getByRole('heading', { name: `The water at ${HOSTILE.column}` }).waitFor();
    await result.getByText('All is fine.').waitFor();
    await result.getByRole('definition').first().waitFor();
    await result.getByRole('img', { name: /^The first days: day 1 2, day 2 2\.02/ }).waitFor();
    await result.getByRole('img', { name: /^Levels: level, 4 steps/ }).waitFor();
    expect(await result.getByRole('table', { name: 'Measurements' }).getByRole('row').count()).toBe(5);
    await result.getByText('as it stands:').waitFor();
    await isInOrder();
  });

  it('has a page whose address asks the same again, without what is secret', async () => {
    await studio.visit('operations/tides.levels', 'tides.levels', page);
    await page.getByLabel('place').selectOption('Dover');
    await page.getByLabel(/^days/).fill('7');
    await page.getByLabel(/^key/).fill('hunter2');
    expect(await page.getByLabel(/^key/).getAttribute('type')).toBe('password');
    const address = page.url();
    expect(address).toContain('?place=Dover&days=7');
    expect(address).not.toContain('hunter2');
    await page.goto('about:blank');
    await page.goto(address);
    await page.getByRole('heading', { name: 'The water at Dover' }).waitFor();
    expect(await page.getByLabel(/^days/).inputValue()).toBe('7');
  });

  it('draws only what is seen of many rows, and long series on a canvas', async () => {
    studio.complaints.length = 0;
    await page.goto(`${studio.url}/#/operations/tides.levels?place=Dover&days=20000`);
    await page.getByText('The check said no.').waitFor();
    const table = page.getByRole('table', { name: 'Measurements' });
    expect(await table.getAttribute('aria-rowcount')).toBe('20001');
    expect(await table.getByRole('row').count()).toBeLessThan(60);
    await page.getByRole('region', { name: 'Measurements' }).focus();
    await page.keyboard.press('End');
    await table.getByRole('cell', { name: '20000', exact: true }).waitFor();
    await expect.poll(() => page.locator('.long-lines canvas').count()).toBe(1);
    await isInOrder();
  });

  it('says in place what is wrong with an input', async () => {
    await studio.visit('operations/tides.levels', 'tides.levels', page);
    await page.getByLabel('place').selectOption('Dover');
    await page.getByLabel(/^days/).fill('many');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('"days"').waitFor();
    await page.getByText('TRS_KERNEL_INPUT_INVALID').waitFor();
  });

  it('asks before it changes something, and tells how far a job is until its result is there', async () => {
    studio.complaints.length = 0;
    await studio.visit('operations/tides.close', 'tides.close', page);
    await page.getByLabel('gate').fill('north');
    await page.getByRole('button', { name: 'Run' }).click();
    const dialog = page.getByRole('dialog', { name: 'Run tides.close?' });
    await dialog.getByText('needs the permission tides:write').waitFor();
    await dialog.getByRole('button', { name: 'Run' }).click();
    await page.getByRole('progressbar', { name: 'Progress of tides.close' }).waitFor();
    await page.getByRole('region', { name: 'Result' }).getByText('closed so often').waitFor();
    await isInOrder();
  });

  it('shows the page and the panel that it adds', async () => {
    studio.complaints.length = 0;
    await studio.visit('models/birds', 'birds', page);
    const panel = page.getByRole('region', { name: 'At sea' });
    await panel.getByText('birds was not made at sea.').waitFor();
    await page.getByRole('link', { name: 'Tides', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Tides' }).waitFor();
    await page.getByRole('heading', { name: 'The water at Dover' }).waitFor();
    await isInOrder();
  });

  it('goes to any page, object or operation by its name, with the keyboard alone', async () => {
    studio.complaints.length = 0;
    await studio.visit('', 'Overview', page);
    const go = async (text: string, chosen: RegExp): Promise<void> => {
      await page.keyboard.press('Control+k');
      const field = page.getByRole('combobox', { name: 'A part of the name' });
      await field.waitFor();
      await page.keyboard.type(text);
      const option = page.getByRole('option', { selected: true });
      await option.getByText(chosen).waitFor();
    };
    await go('orders@2', /^orders@2$/);
    expect(await studio.violations(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'orders@2' }).waitFor();
    await go('tides.', /^tides\.levels$/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'tides.close' }).waitFor();
    await go('jobs', /^Jobs$/);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await focused()).not.toContain('Jobs');
    expect(studio.complaints).toEqual([]);
  });

  it('shows what changed elsewhere as soon as the log tells of it', async () => {
    await studio.visit('models/birds', 'birds', page);
    await page.getByText('Version 1 is the champion.').waitFor();
    const promote = (version: number) =>
      fetch(`${studio.url}/api/v1/model/promote`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'birds', version, alias: 'champion' }),
      });
    await promote(2);
    await page.getByText('Version 2 is the champion.').waitFor();
    await promote(1);
    await page.getByText('Version 1 is the champion.').waitFor();
  });
});
