import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { operation } from '../operation/operation.ts';
import { plugin } from '../plugin/plugin.ts';
import type { Host } from './host.ts';
import { memoryPorts } from './memory-ports.test.setup.ts';
import { openHost } from './open-host.ts';

const of = (name: string) => ({ kind: 'thing', name });
const parts = {
  summary: 'Does something to things.',
  access: 'thing:write' as const,
  input: z.object({ names: z.array(z.string()) }),
  output: z.object({}),
  load: async () => async () => ({}),
};
const touch = operation({
  ...parts,
  id: 'thing.touch',
  kind: 'command',
  resource: ({ names }) => names.map(of),
});
const work = operation({ ...parts, id: 'thing.work', kind: 'job', resource: ({ names }) => names.map(of) });
const all = operation({ ...parts, id: 'thing.all', kind: 'command' });
const through = operation({
  ...parts,
  id: 'thing.through',
  kind: 'command',
  resource: () => of('mine'),
  load:
    async () =>
    async (ctx, { names }) => {
      await ctx.enqueue(work, { names }, { key: names.join() });
      return {};
    },
});

describe('a scope that is confined to some things', () => {
  let dir: string;
  let host: Host;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-access-'));
    const things = plugin({ name: 'thing', version: '1.0.0', operations: [touch, work, all, through] });
    host = await openHost({ projectDir: dir, plugins: [memoryPorts().plugin, things], env: {} });
  });
  afterAll(async () => {
    await host.close();
    await rm(dir, { recursive: true, force: true });
  });
  const options = { principal: { id: 'token:narrow', scopes: ['thing:write@thing/mine*'] } };
  const denied = (resource: string) => ({
    code: 'TRS_KERNEL_ACCESS_DENIED',
    details: { access: 'thing:write', resource },
  });

  it('covers what it names', async () => {
    expect(await host.run(touch, { names: ['mine', 'mine-2'] }, options)).toEqual({});
    // It is let through to the queue, which this host has not.
    await expect(host.enqueue('thing.work', { names: ['mine'] }, options)).rejects.toMatchObject({
      code: 'TRS_KERNEL_SERVICE_MISSING',
    });
  });

  it('covers nothing else, and the refusal names it', async () => {
    await expect(host.run(touch, { names: ['mine', 'yours'] }, options)).rejects.toMatchObject({
      ...denied('thing/yours'),
      message: expect.stringContaining('on thing/yours'),
    });
    await expect(host.enqueue('thing.work', { names: ['yours'] }, options)).rejects.toMatchObject(
      denied('thing/yours'),
    );
    await expect(host.run(through, { names: ['yours'] }, options)).rejects.toMatchObject(
      denied('thing/yours'),
    );
    expect(() =>
      host.context({ id: 'GET /x', access: 'thing:write', touched: [of('yours')] }, options),
    ).toThrow(/thing\/yours/);
  });

  it('covers no operation that says nothing of what it touches, or touches nothing by name', async () => {
    await expect(host.run(all, { names: [] }, options)).rejects.toMatchObject(denied('workspace/default'));
    await expect(host.run(touch, { names: [] }, options)).rejects.toMatchObject(denied('workspace/default'));
  });
});
