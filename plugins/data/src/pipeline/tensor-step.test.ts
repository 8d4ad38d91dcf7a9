import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '@trestle/kernel';
import { pipelinePlugin, pipelineRun } from '@trestle/plugin-pipeline';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataPlugin, dataQuery, dataTransform, tensorStep } from '../index.ts';

vi.setConfig({ testTimeout: 120_000 });

const STEPS = {
  // What is missing stays missing.
  'centred.ts': `import { tensorStep } from '@trestle/plugin-data';
import { where } from '@trestle/core';
export default tensorStep({
  reads: { id: 'integer', speed: 'number', wet: 'boolean' },
  writes: { id: 'integer', shifted: 'number', dry: 'boolean' },
  run: ({ id, speed, wet }, params) => ({
    id,
    shifted: where(wet.greater(0.5), speed.mul(2), speed).sub(Number(params.by)),
    dry: wet.mul(-1).add(1),
  }),
});
`,
  // A kernel of gpu.js: how far each value is from the nearest other one of its batch.
  'nearest.ts': `import { tensorStep } from '@trestle/plugin-data';
import { customKernel } from '@trestle/gpujs';
const kernels = new Map();
const kernelFor = (rows: number) => customKernel(
  function (values: number[], rows: number) {
    let nearest = 1e30;
    for (let i = 0; i < rows; i++) {
      const d = Math.abs(values[this.thread.x] - values[i]);
      if (i !== this.thread.x && d < nearest) nearest = d;
    }
    return nearest;
  },
  { output: [rows] },
);
export default tensorStep({
  reads: { id: 'integer', speed: 'number' },
  writes: { id: 'integer', gap: 'number' },
  async run({ id, speed }) {
    const [rows = 0] = speed.shape;
    const kernel = kernels.get(rows) ?? kernelFor(rows);
    kernels.set(rows, kernel);
    return { id, gap: await kernel(speed, rows) };
  },
});
`,
};

describe('a step on tensors', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeAll(async () => {
    project = await temporaryProject();
    // As an installed project has them.
    const installed = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
    await symlink(installed, join(project.dir, 'node_modules'));
    await mkdir(join(project.dir, 'steps'));
    for (const [file, text] of Object.entries(STEPS)) await writeFile(join(project.dir, 'steps', file), text);
    const pipelines = [
      { name: 'p', steps: { gaps: { from: 'birds', module: 'steps/nearest.ts', batchRows: 3 } } },
    ];
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ data: { pipelines } }));
    host = await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
    const rows = '1,small,10,true\n2,large,13.5,false\n3,small,,true\n4,small,40,\n5,large,41,false';
    await writeFile(join(project.dir, 'birds.csv'), `id,size,speed,wet\n${rows}\n`);
    await host.run(dataAdd, { path: 'birds.csv', name: 'birds' }, { surface: 'cli' });
  });
  afterAll(() => project.remove());

  const transform = (file: string, params = {}) =>
    host.run(dataTransform, { file, from: 'birds', params }, { surface: 'cli' });
  const query = async (sql: string) => (await host.run(dataQuery, { sql })).rows;

  it('gets a tensor for each column and gives tensors back, missing values and truths included', async () => {
    expect(await transform('steps/centred.ts', { by: 1 })).toMatchObject({ rows: 5, cached: false });
    expect(await query('FROM centred ORDER BY id')).toEqual([
      { id: 1, shifted: 19, dry: false },
      { id: 2, shifted: 12.5, dry: true },
      { id: 3, shifted: null, dry: false },
      { id: 4, shifted: 39, dry: null },
      { id: 5, shifted: 40, dry: true },
    ]);
    expect(await transform('steps/centred.ts', { by: 1 })).toMatchObject({ cached: true });
  });

  it('runs a custom kernel of gpu.js over each batch, as a step of a pipeline', async () => {
    await writeFile(join(project.dir, 'full.csv'), 'id,speed\n1,10\n2,13.5\n3,11\n4,40\n5,41\n');
    await host.run(dataAdd, { path: 'full.csv', name: 'birds' }, { surface: 'cli' });
    const { steps } = await host.run(pipelineRun, { name: 'p' });
    expect(steps).toMatchObject([{ state: 'ran', rows: 5 }]);
    expect(await query('SELECT gap FROM "p.gaps" ORDER BY id')).toEqual(
      [1, 2.5, 1, 1, 1].map((gap) => ({ gap })),
    );
  });

  it.each([
    [
      'gives no tensor',
      'run: ({ id }) => ({ b: [1, 2] })',
      'TRS_DATA_STEP_FAILED',
      /no tensor for column "b"/,
    ],
    [
      'gives two axes',
      'run: ({ id }) => ({ b: id.reshape([1, -1]) })',
      'TRS_DATA_STEP_FAILED',
      /the shape \[1, 5\] for "b"/,
    ],
    [
      'throws',
      'run: ({ id }) => ({ b: id.reshape([7]) })',
      'TRS_DATA_STEP_FAILED',
      /the batch from row 1: CoreError/,
    ],
    [
      'gives halves as whole numbers',
      'run: ({ id }) => ({ b: id.div(2) })',
      'TRS_DATA_STEP_OUTPUT',
      /promises integer "b" and gave 0.5/,
    ],
  ])('says what is wrong when the function %s', async (_, run, code, message) => {
    const text = `export default { kind: 'tensors', reads: { id: 'integer' }, writes: { b: 'integer' }, ${run} };`;
    await writeFile(join(project.dir, 'steps', 'odd.ts'), text);
    await expect(transform('steps/odd.ts')).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('refuses texts and times, of which there are no tensors', async () => {
    const text =
      "export default { kind: 'tensors', reads: { size: 'string' }, writes: { b: 'number' }, run: () => ({}) };";
    await writeFile(join(project.dir, 'steps', 'odd.ts'), text);
    await expect(transform('steps/odd.ts')).rejects.toMatchObject({
      code: 'TRS_DATA_STEP_MODULE',
      message: expect.stringContaining('"size" is string'),
    });
    // @ts-expect-error: nor does the type let them in
    tensorStep({ reads: { size: 'string' }, writes: {}, run: () => ({}) });
    tensorStep({ reads: { id: 'integer' }, writes: { b: 'number' }, run: ({ id }) => ({ b: id.mul(2) }) });
  });
});
