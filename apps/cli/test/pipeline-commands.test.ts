import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeProject, type Project, start } from './trestle.test.setup.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let project: Project;

beforeAll(async () => {
  project = await makeProject();
  await mkdir(project.path('steps'));
  await project.write('rows.csv', 'id,size\n1,small\n2,large\n');
  await project.write(
    'steps/slow.ts',
    `import { existsSync, writeFileSync } from 'node:fs';
export default {
  kind: 'rows',
  reads: { id: 'integer' },
  writes: { id: 'integer', twice: 'integer' },
  async run({ id }: { id: number }) {
    writeFileSync(${JSON.stringify(project.path('begun'))}, '');
    while (existsSync(${JSON.stringify(project.path('wait'))})) await new Promise((resolve) => setTimeout(resolve, 20));
    return { id, twice: 2 * id };
  },
};
`,
  );
  await project.write(
    'trestle.config.ts',
    `const steps = {
  first: { sql: 'SELECT id FROM rows' },
  slow: { from: 'first', module: 'steps/slow.ts' },
  last: { sql: 'SELECT sum(twice) AS total FROM slow' },
};
export default { data: { pipelines: [{ name: 'sums', steps }] } };
`,
  );
  await project.json('data', 'add', 'rows.csv', '--name', 'rows');
});
afterAll(() => project.remove());

describe('trestle pipeline', () => {
  it('goes on at the step that was not done after kill -9, and the store is whole', async () => {
    await project.write('wait', '');
    const running = start(['pipeline', 'run', 'sums'], { cwd: project.dir });
    await vi.waitFor(() => expect(existsSync(project.path('begun'))).toBe(true), {
      timeout: 120_000,
      interval: 50,
    });
    running.child.kill('SIGKILL');
    await running.ended;
    await rm(project.path('wait'));
    const lastRun = async () => (await project.json('pipeline', 'list')).pipelines[0].lastRun;
    // As soon as its lease has run out.
    await expect.poll(async () => (await lastRun()).status, { interval: 1_000 }).toBe('interrupted');
    const { run } = await lastRun();
    expect(await project.json('run', 'resume', run)).toMatchObject({ run, status: 'succeeded' });
    const { runs } = await project.json('pipeline', 'show', 'sums');
    expect(runs).toMatchObject([{ run, status: 'succeeded' }]);
    expect(runs[0].steps.map((step: { state: string }) => step.state)).toEqual(['cached', 'ran', 'ran']);
    expect(runs[0].steps[2]).toMatchObject({ output: 'sums.last@1', rows: 1 });
    expect(await project.json('doctor', '--deep')).toMatchObject({ ok: true });
    const dry = await project.run('pipeline', 'run', 'sums', '--dry');
    expect(dry.stdout).toMatch(/first +is there +nothing that it follows from changed/);
    expect(dry.stdout).toContain('0 of 3 steps would run.');
  });
});
