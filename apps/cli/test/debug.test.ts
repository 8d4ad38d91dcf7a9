import { tinyModel } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProject, type Project, trestle } from './trestle.test.setup.ts';

describe('TRESTLE_DEBUG=1', () => {
  let project: Project;
  const said = async (...args: string[]): Promise<string> =>
    (await trestle(args, { cwd: project.dir, env: { TRESTLE_DEBUG: '1' } })).stderr;
  beforeAll(async () => {
    const steps = { few: { sql: 'SELECT * FROM rows LIMIT 2' } };
    project = await makeProject(JSON.stringify({ pipelines: { p: { steps } } }));
    await project.write('rows.csv', 'a\n1\n2\n3\n');
    await project.run('data', 'add', 'rows.csv', '--name', 'rows');
    await project.write('m.onnx', tinyModel(1));
    await project.run('model', 'register', 'm.onnx', '--name', 'm');
  });
  afterAll(() => project.remove());

  it('says why a step runs, and that it comes from the cache', async () => {
    expect(await said('pipeline', 'run', 'p')).toMatch(/debug the step "few" runs: \S/);
    expect(await said('pipeline', 'run', 'p')).toMatch(/debug the step "few" comes from the cache: \S/);
  });

  it('says which gates were asked, and their verdicts', async () => {
    expect(await said('model', 'promote', 'm', '1', '--alias', 'champion')).toMatch(
      /debug the gate "verification" lets it through .*m@1.*champion/,
    );
  });

  it('is silent otherwise', async () => {
    const { stderr } = await project.run('model', 'promote', 'm', '1', '--alias', 'other');
    expect(stderr).not.toContain('debug');
  });
});
