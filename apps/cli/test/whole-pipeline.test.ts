import { mkdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeProject, type Project } from './trestle.test.setup.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let project: Project;

/** Flats of which the price follows from the area, with a little that nothing explains. */
const flats = (count: number): string =>
  `area,rooms,price\n${Array.from({ length: count }, (_, n) => {
    const area = 20 + ((n * 37) % 90);
    return `${area},${1 + (n % 4)},${area * 3 + (n % 7)}`;
  }).join('\n')}\n`;

/** As the guide has it. */
const guide = await readFile(new URL('../../../docs/guides/pipelines.md', import.meta.url), 'utf8');
const [, CONFIG = ''] = /```json\n(.*?)```/s.exec(guide) ?? [];

beforeAll(async () => {
  project = await makeProject();
  await mkdir(project.path('expectations'));
  await project.write('flats.csv', flats(300));
  await project.write(
    'expectations/large.json',
    JSON.stringify({ expectations: [{ type: 'column.between', column: 'price', min: 1, max: 1_000 }] }),
  );
  await project.write('trestle.config.json', CONFIG);
});
afterAll(() => project.remove());

const states = (result: { steps: { step: string; state: string }[] }) =>
  Object.fromEntries(result.steps.map(({ step, state }) => [step, state]));

describe('a pipeline from the file to the deployment', () => {
  it('adds, checks, trains, registers, verifies, promotes and deploys', async () => {
    const first = await project.json('pipeline', 'run', 'flats');
    expect(first.steps.map(({ state }: { state: string }) => state)).toEqual(Array(8).fill('ran'));
    expect(first.steps).toContainEqual(expect.objectContaining({ step: 'registered', output: 'flats@1' }));
    const { deployments } = await project.json('deployment', 'list');
    expect(deployments).toMatchObject([{ deployment: 'flats' }]);
    expect((await project.json('trace', 'deployment:flats')).ref ?? 'deployment:flats').toContain(
      'deployment',
    );
  });

  it('makes no second model of the same rows', async () => {
    const again = await project.json('pipeline', 'run', 'flats');
    expect(states(again)).toMatchObject({ large: 'cached', trained: 'cached', deployed: 'ran' });
    expect((await project.json('model', 'show', 'flats')).versions).toHaveLength(1);
  });

  it('deploys the next version for new rows, and nothing for rows that are not as expected', async () => {
    await project.write('flats.csv', `${flats(320)}60,2,-5\n`);
    const refused = await project.run('pipeline', 'run', 'flats');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('TRS_PIPELINE_STEP_REFUSED');
    expect((await project.json('model', 'show', 'flats')).versions).toHaveLength(1);
    await project.write('flats.csv', flats(320));
    const next = await project.json('pipeline', 'run', 'flats');
    expect(next.steps).toContainEqual(expect.objectContaining({ step: 'registered', output: 'flats@2' }));
    const { versions } = await project.json('model', 'show', 'flats');
    expect(versions.find(({ aliases }: { aliases: string[] }) => aliases.includes('champion')).version).toBe(
      2,
    );
  });
});
