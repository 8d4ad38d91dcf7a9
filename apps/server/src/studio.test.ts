import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWithoutChromium } from './chromium.test.setup.ts';
import { HOSTILE } from './hostile.test.setup.ts';
import { openStudio, type StudioBrowser } from './studio-browser.test.setup.ts';

describe.skipIf(isWithoutChromium)('the Studio in a browser', () => {
  let studio: StudioBrowser;
  let url: string;
  let prediction: string;
  let complaints: string[];
  let page: Page;

  beforeAll(async () => {
    studio = await openStudio();
    ({ url, prediction, complaints } = studio);
    page = await studio.newPage();
  });
  afterAll(async () => {
    await studio?.close();
  });

  const newPage: StudioBrowser['newPage'] = (options) => studio.newPage(options);
  const visit = (path: string, heading: string, on = page): Promise<void> => studio.visit(path, heading, on);
  const violations = (on = page): Promise<readonly string[]> => studio.violations(on);
  const run = async (): Promise<string> => {
    await visit('runs?where=kind%3Dtraining', 'Runs');
    return ((await page.getByRole('gridcell').getByRole('link').first().textContent()) ?? '').trim();
  };

  const PAGES: readonly (readonly [path: string, heading: string, shows: string])[] = [
    ['', 'Overview', 'Recent events'],
    ['datasets', 'Datasets', HOSTILE.dataset],
    [`datasets/${HOSTILE.dataset}%401`, `${HOSTILE.dataset}@1`, HOSTILE.column],
    ['query', 'Query', HOSTILE.dataset],
    ['pipelines', 'Pipelines', 'features'],
    ['pipelines/features', 'features', 'What would run?'],
    ['runs', 'Runs', 'succeeded'],
    ['models', 'Models', 'birds@2'],
    ['models/birds', 'birds', 'Version 1 is the champion.'],
    ['deployments', 'Deployments', 'birds'],
    ['deployments/birds', 'birds', 'training'],
    ['lineage', 'Lineage', 'Name a prediction'],
    ['jobs', 'Jobs', 'train'],
    ['audit', 'Audit', 'model.promoted'],
    ['nothing', 'No such page', 'There is no page'],
  ];

  it.each(PAGES)(
    'shows #/%s with real data, without complaint, for everybody',
    async (path, heading, shows) => {
      complaints.length = 0;
      await visit(path, heading);
      await page.getByText(shows).first().waitFor();
      expect(await violations()).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );

  it('is as readable in the dark, and fits a telephone', async () => {
    const dark = await newPage({ colorScheme: 'dark', viewport: { width: 390, height: 844 } });
    for (const [path, heading] of PAGES) {
      await visit(path, heading, dark);
      expect(await violations(dark)).toEqual([]);
      expect([path, await dark.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([
        path,
        true,
      ]);
    }
    await dark.context().close();
  });

  it('shows a run with its learning curves', async () => {
    const id = await run();
    await visit(`runs/${id}`, id);
    await page.getByRole('heading', { name: 'Learning curves' }).waitFor();
    await page
      .getByRole('img', { name: /^validation\/.* of 1 run by step: last / })
      .first()
      .waitFor();
    await page.locator('.uplot canvas').first().waitFor();
    expect(await violations()).toEqual([]);
  });

  it('shows how a run was judged, what was tried beside what guesses, and what is taken for what, in both themes', async () => {
    const id = await run();
    const dark = await newPage({ colorScheme: 'dark' });
    for (const shown of [page, dark]) {
      await visit(`runs/${id}`, id, shown);
      for (const heading of ['Candidates', 'Classes', 'Confusion', 'Features'])
        await shown.getByRole('heading', { name: heading, exact: true }).waitFor();
      const tried = shown.getByRole('region', { name: 'Estimators that were tried' });
      await tried.getByText(/^baseline: /).waitFor();
      for (const name of [/^ROC curve over/, /^Precision by recall/, /^Calibration in/])
        await shown.getByRole('img', { name }).waitFor();
      const counted = shown.getByRole('table', { name: 'What is taken for what at this threshold' });
      await shown.getByLabel('Threshold', { exact: false }).first().fill('0');
      // From nothing on, everything is said to be it.
      await expect
        .poll(() => counted.getByRole('row').nth(1).getByRole('cell').last().textContent())
        .toBe('0');
      await shown.getByRole('button', { name: 'As it is used' }).click();
      expect(await violations(shown)).toEqual([]);
    }
    await dark.context().close();
  });

  it('shows what served at a time, which is in the address', async () => {
    await visit('models', 'Models');
    const field = page.getByLabel('As they were at');
    await field.fill('2999-01-01T00:00');
    const served = page.getByRole('table', { name: 'What served then' });
    await served.getByRole('row').nth(1).getByText('birds').first().waitFor();
    expect(await page.evaluate('location.hash')).toContain('at=2999-01-01');
    expect(await violations()).toEqual([]);
    const dark = await newPage({ colorScheme: 'dark', viewport: { width: 390, height: 844 } });
    await visit('models?at=2999-01-01T00%3A00%3A00.000Z', 'Models', dark);
    await dark.getByRole('table', { name: 'Aliases then' }).getByText('champion').first().waitFor();
    expect(await violations(dark)).toEqual([]);
    expect(await dark.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await dark.context().close();
    await field.fill('2001-01-01T00:00');
    await page.getByText('Nothing had happened yet.').waitFor();
    await page.getByRole('button', { name: 'Now', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('table', { name: 'Model versions' }).waitFor();
    expect(await page.evaluate('location.hash')).toBe('#/models');
  });

  it('shows a rollout as a picture in both themes; it is paused and ended by the keyboard', async () => {
    const dark = await newPage({ colorScheme: 'dark' });
    for (const shown of [page, dark]) {
      await visit('deployments/rolled', 'rolled', shown);
      await shown.getByRole('heading', { name: 'Rollout 1' }).waitFor();
      await shown.getByRole('region', { name: 'What the versions are compared by' }).waitFor();
      await shown.getByRole('img', { name: /^errors: excess .* surely between/ }).waitFor();
      expect(await violations(shown)).toEqual([]);
    }
    await dark.context().close();
    const order = async (label: string): Promise<void> => {
      await page.getByRole('button', { name: label, exact: true }).first().focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByRole('button', { name: label, exact: true }).focus();
      await page.keyboard.press('Enter');
    };
    await order('Pause');
    await page.getByText('The rollout of rolled is paused.').waitFor();
    await page.getByRole('button', { name: 'Resume', exact: true }).first().waitFor();
    await order('Abort');
    const history = page.getByRole('table', { name: /^What was decided in rollout 1/ });
    await history.getByText('aborted').waitFor();
  });

  it('shows what is called like code as text', async () => {
    complaints.length = 0;
    await visit(`datasets/${HOSTILE.dataset}%401`, `${HOSTILE.dataset}@1`);
    for (const text of [HOSTILE.column, HOSTILE.number])
      await page.getByRole('article').getByText(text, { exact: true }).waitFor();
    // What is longer than its place is whole in its title.
    for (const value of HOSTILE.values.slice(0, 5)) {
      expect(await page.locator('title').filter({ hasText: value }).count()).toBeGreaterThan(0);
    }
    expect(await page.locator('main img, main script, main svg[onload]').count()).toBe(0);
    const drift = page.getByText(HOSTILE.column);
    await visit('deployments/birds', 'birds');
    await drift.first().waitFor();
    expect(complaints).toEqual([]);
  });

  it('leads from a prediction to the file that it comes from', async () => {
    await visit('lineage', 'Lineage');
    await page.getByLabel('Trace').fill(prediction);
    await page.keyboard.press('Enter');
    const table = page.getByRole('table', { name: /^Edges of the lineage/ });
    for (const kind of [
      /^file:/,
      `dataset:${HOSTILE.dataset}@1`,
      /^run:r-/,
      'model:birds@1',
      'deployment:birds@1',
    ]) {
      await table.getByRole('link', { name: kind }).first().waitFor();
    }
    expect(await page.locator('svg.graph a').count()).toBe(6);
    expect(await violations()).toEqual([]);
    await page.locator('svg.graph a', { hasText: 'model' }).click();
    await page.getByRole('heading', { level: 1, name: 'birds' }).waitFor();
  });

  it('answers a query over versions, and says in place what is wrong with one', async () => {
    complaints.length = 0;
    await visit('query', 'Query');
    const editor = page.getByLabel(/^One SELECT/);
    await editor.fill('SELECT count(*) AS n, max() FROM ');
    await page.getByText(HOSTILE.dataset).click();
    const insertName = page.getByRole('button', { name: 'Insert the name' }).first();
    await insertName.click();
    await page.keyboard.press('Control+Enter');
    await page.getByRole('alert').getByText('TRS_DATA_QUERY').waitFor();
    await editor.fill('SELECT *, 7 AS seven FROM ');
    await insertName.click();
    expect(await editor.inputValue()).toBe(`SELECT *, 7 AS seven FROM "${HOSTILE.dataset}"`);
    await page.keyboard.press('Control+Enter');
    await page.getByRole('status').filter({ hasText: '400 rows' }).waitFor();
    await page.getByRole('columnheader', { name: HOSTILE.column }).waitFor();
    await page.getByRole('button', { name: HOSTILE.number }).waitFor();
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await violations()).toEqual([]);
    // A browser tells of every refused request by itself.
    expect(complaints.filter((complaint) => !complaint.startsWith('Failed to load resource'))).toEqual([]);
  });

  it('runs a pipeline, and shows its graph and what became of each step', async () => {
    await visit('pipelines/features', 'features');
    await page.getByRole('button', { name: 'What would run?' }).click();
    const plan = page.getByRole('table', { name: 'Plan' });
    await expect.poll(() => plan.getByText('would run').count()).toBe(2);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Run features?' });
    await dialog.getByRole('button', { name: 'Run' }).click();
    const steps = page.getByRole('table', { name: /^Steps of r-/ });
    await steps.getByText('ran', { exact: true }).first().waitFor();
    await steps.getByRole('link', { name: 'features.counted@1' }).waitFor();
    expect(await page.locator('svg.graph a').count()).toBe(3);
    expect(await violations()).toEqual([]);
    await page.locator('svg.graph a', { hasText: 'fast' }).click();
    await page.getByRole('heading', { level: 1, name: 'features.fast@1' }).waitFor();
  });

  it('promotes and rolls back, asking first, and shows at once what that changed', async () => {
    await visit('models/birds', 'birds');
    await page.getByRole('button', { name: 'Promote' }).click();
    const dialog = page.getByRole('dialog', { name: 'Promote birds@2?' });
    await dialog.getByText('in place of version 1').waitFor();
    await dialog.getByRole('button', { name: 'Promote' }).click();
    await page.getByText('Version 2 is the champion.').waitFor();
    await page.getByRole('status').filter({ hasText: 'birds@2 is the champion now.' }).waitFor();
    expect(await violations()).toEqual([]);
    await page.getByRole('button', { name: 'Roll back' }).click();
    await page
      .getByRole('dialog', { name: 'Roll birds back?' })
      .getByRole('button', { name: 'Roll back' })
      .click();
    await page.getByText('Version 1 is the champion.').waitFor();
    await visit('audit', 'Audit');
    await page.getByText('model.rolled-back').first().waitFor();
  });

  it('is used with the keyboard alone', async () => {
    const page = await newPage();
    await visit('', 'Overview', page);
    await page.keyboard.press('Tab');
    const focused = () => page.evaluate<string>('document.activeElement.textContent.trim()');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await visit('models/birds', 'birds', page);
    for (let presses = 0; presses < 40 && (await focused()) !== 'Promote'; presses++)
      await page.keyboard.press('Tab');
    expect(await focused()).toBe('Promote');
    // The focus is seen: an outline of some width, not none.
    expect(
      await page.evaluate('parseFloat(getComputedStyle(document.activeElement).outlineWidth)'),
    ).toBeGreaterThan(1);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await focused()).toBe('Promote');
    await page.getByText('Version 1 is the champion.').waitFor();
    await page.context().close();
  });

  it('says what does not exist, and what the server refuses', async () => {
    await page.goto(`${url}/#/runs/r-nobody`);
    await page.getByRole('alert').getByText('There is no run "r-nobody".').waitFor();
    await page.getByText('TRS_TRAIN_UNKNOWN_RUN').waitFor();
    await page.route('**/api/v1/data/list', (route) =>
      route.fulfill({
        status: 403,
        json: { code: 'TRS_SERVER_ACCESS_DENIED', detail: 'Not for you.', hint: '' },
      }),
    );
    await page.goto(`${url}/#/datasets`);
    await page.getByRole('alert').getByText('Not for you.').waitFor();
    await page.unroute('**/api/v1/data/list');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('link', { name: HOSTILE.dataset }).waitFor();
  });

  it('asks for a token where the server does, once', async () => {
    await page.route('**/api/v1/**', (route) =>
      route.request().headers().authorization === 'Bearer mine'
        ? route.continue()
        : route.fulfill({
            status: 401,
            json: { code: 'TRS_SERVER_UNAUTHENTICATED', detail: 'Who?', hint: '' },
          }),
    );
    await page.goto(`${url}/#/models`);
    await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
    expect(await violations()).toEqual([]);
    await page.getByLabel('Access token').fill('mine');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'birds@2' }).waitFor();
    await page.unroute('**/api/v1/**');
  });

  it('has an API page that needs nothing from elsewhere', async () => {
    const docs = await newPage();
    const asked: string[] = [];
    docs.on('request', (request) => asked.push(request.url()));
    complaints.length = 0;
    await docs.goto(`${url}/docs/`);
    await docs.getByRole('heading', { level: 1, name: 'Trestle' }).waitFor();
    await docs
      .getByText('registry', { exact: true })
      .or(docs.getByText('model', { exact: true }))
      .first()
      .waitFor();
    expect(await docs.getByText(/Deploy|Generate SDK/).count()).toBe(0);
    expect(asked.filter((address) => !address.startsWith(url) && !address.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
    await docs.context().close();
  });

  it('keeps what it shows when the server goes, says so, and goes on when it is back', async () => {
    await visit('deployments', 'Deployments');
    await page.getByRole('link', { name: 'birds', exact: true }).waitFor();
    await page.context().setOffline(true);
    await page.getByText('The server does not answer.').waitFor();
    await page.getByRole('link', { name: 'birds', exact: true }).waitFor();
    await page.context().setOffline(false);
    await page.getByText('The server does not answer.').waitFor({ state: 'hidden' });
  });
});
