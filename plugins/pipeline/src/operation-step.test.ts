import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contribute, type Host, operation, plugin } from '@trestle/kernel';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { stepKindContract, type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { made, pipelinePlugin, pipelineRun, pipelineShow } from './index.ts';
import { operationStep } from './operation-step.ts';

const calls: string[] = [];
const double = operation({
  id: 'math.double',
  summary: 'Doubles.',
  kind: 'command',
  access: 'math:write',
  input: z.object({ n: z.number(), also: z.array(z.unknown()).default([]) }),
  output: z.object({ twice: z.number(), small: z.boolean() }),
  verdict: ({ small }) => small,
  load:
    async () =>
    async (_, { n, also }) => {
      calls.push(`double ${n} ${JSON.stringify(also)}`);
      return { twice: 2 * n, small: n < 100 };
    },
});
const mathPlugin = plugin({ name: 'math', version: '1.0.0', operations: [double] });

let project: TemporaryProject;
let host: Host;
beforeEach(async () => {
  calls.length = 0;
  project = await temporaryProject();
});
afterEach(() => project.remove());

const open = async (steps: unknown): Promise<void> => {
  await writeFile(
    join(project.dir, 'trestle.config.json'),
    JSON.stringify({ pipelines: { sums: { steps } } }),
  );
  host = await project.open([trackingPlugin, pipelinePlugin, mathPlugin]);
};
const run = async (input: { dry?: boolean; force?: boolean } = {}) =>
  (await host.run(pipelineRun, { name: 'sums', ...input })).steps.map(({ state, reason }) => [state, reason]);

stepKindContract(operationStep, {
  async context() {
    host = await project.open([trackingPlugin, pipelinePlugin, mathPlugin]);
    return host.context(pipelineRun);
  },
  step: { operation: 'math.double', input: { n: 4 }, once: true },
  isRemembered: true,
  wrong: { operation: 'math.dubble' },
});

describe('a step that calls an operation', () => {
  it('takes fields of what earlier steps gave, wherever they stand in its input', async () => {
    await open({
      again: {
        operation: 'math.double',
        input: { n: made('first', 'twice'), also: [{ deep: made('first', 'small') }] },
      },
      first: { operation: 'math.double', input: { n: 1 } },
    });
    expect(await run()).toEqual([
      ['ran', 'it runs every time'],
      ['ran', 'it runs every time'],
    ]);
    expect(calls).toEqual(['double 1 []', 'double 2 [{"deep":true}]']);
    expect((await host.run(pipelineShow, { name: 'sums' })).graph.join('\n')).toContain('again ← first');
  });

  it('is not called again when it is to be called once, until what it is given changes or it is asked for', async () => {
    const steps = { a: { operation: 'math.double', input: { n: 1 }, once: true } };
    await open(steps);
    expect(await run({ dry: true })).toEqual([['waiting', 'it never ran']]);
    expect(await run()).toEqual([['ran', 'it never ran']]);
    expect(await run()).toEqual([['cached', 'nothing that it follows from changed']]);
    await open({ a: { ...steps.a, input: { n: 2 } } });
    expect(await run()).toEqual([['ran', 'what it is given changed']]);
    expect(await run({ force: true })).toEqual([['ran', 'it was asked for']]);
    expect(calls).toEqual(['double 1 []', 'double 2 []', 'double 2 []']);
  });

  it('that says no ends the run, and no step behind it is reached', async () => {
    await open({
      gate: { operation: 'math.double', input: { n: 1_000 } },
      behind: { operation: 'math.double', input: { n: 1 }, after: ['gate'] },
    });
    await expect(run()).rejects.toMatchObject({ code: 'TRS_PIPELINE_STEP_REFUSED', kind: 'refused' });
    const { runs } = await host.run(pipelineShow, { name: 'sums' });
    expect(runs[0]?.steps.map(({ state }) => state)).toEqual(['failed', 'not reached']);
  });

  it.each([
    ['an operation that is not there', { operation: 'math.half' }, 'TRS_PIPELINE_STEP'],
    [
      'a field that the operation has not',
      { operation: 'math.double', input: { m: 1 } },
      'TRS_PIPELINE_STEP',
    ],
    ['a step that is not there', { operation: 'math.double', after: ['none'] }, 'TRS_PIPELINE_STEP_MISSING'],
    [
      'a field that the step did not give',
      { operation: 'math.double', input: { n: made('first', 'thrice') } },
      'TRS_PIPELINE_STEP',
    ],
    [
      'the name of what has none',
      { operation: 'math.double', input: { n: made('first') } },
      'TRS_PIPELINE_STEP',
    ],
    ['a field of no kind', { call: 'math.double' }, 'TRS_DATA_PIPELINE'],
    ['a field that its kind has not', { operation: 'math.double', sql: 1 }, 'TRS_DATA_PIPELINE'],
  ])('refuses %s', async (_, second, code) => {
    await open({ first: { operation: 'math.double', input: { n: 1 } }, second });
    await expect(run()).rejects.toMatchObject({ code });
  });
});

describe('two pipelines of one name', () => {
  it('are refused, wherever they stand', async () => {
    const { pipelineSources } = await import('@trestle/contracts');
    const other = plugin({
      name: 'other',
      version: '1.0.0',
      contributions: [
        contribute(pipelineSources, {
          list: () => [{ name: 'sums', steps: {}, triggers: { datasets: [], drift: [] } }],
        }),
      ],
    });
    const pipelines = { sums: { steps: { a: { operation: 'math.double', input: { n: 1 } } } } };
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ pipelines }));
    host = await project.open([trackingPlugin, pipelinePlugin, mathPlugin, other]);
    await expect(run()).rejects.toMatchObject({ code: 'TRS_PIPELINE_TWICE' });
  });
});
