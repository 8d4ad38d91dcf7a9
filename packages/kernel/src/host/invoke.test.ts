import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpanStatusCode } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Principal } from '../access/principal.ts';
import { TrestleError } from '../error/trestle-error.ts';
import type { Context } from '../operation/context.ts';
import { operation } from '../operation/operation.ts';
import { plugin } from '../plugin/plugin.ts';
import type { Host } from './host.ts';
import { type MemoryPorts, memoryLog, memoryPorts } from './memory-ports.test.setup.ts';
import { openHost } from './open-host.ts';
import { recordSpans } from './record-spans.test.setup.ts';

let seen: { input: unknown; ctx: Context } | undefined;
const rename = operation({
  id: 'thing.rename',
  summary: 'Renames a thing.',
  kind: 'command',
  access: 'thing:write',
  input: z.object({ name: z.string().min(1), times: z.coerce.number().max(3).default(1) }),
  output: z.object({ renamed: z.string() }),
  load: async () => async (ctx, input) => {
    seen = { ctx, input };
    if (input.name === 'break') throw new Error('it broke');
    if (input.name === 'refuse')
      throw new TrestleError('TRS_THING_REFUSED', { kind: 'refused', message: 'No.' });
    if (input.name === 'lie') return { renamed: 7 } as never;
    return { renamed: input.name.repeat(input.times), extra: 'dropped' };
  },
});
const show = operation({
  id: 'thing.show',
  summary: 'Shows a thing.',
  kind: 'query',
  access: 'thing:read',
  input: z.object({}),
  output: z.object({ shown: z.boolean() }),
  load: async () => async () => ({ shown: true }),
});
const twice = operation({
  id: 'thing.twice',
  summary: 'Renames through another operation.',
  kind: 'command',
  access: 'thing:write',
  input: z.object({}),
  output: z.object({ renamed: z.string() }),
  load: async () => (ctx) => ctx.call(rename, { name: 'inner' }),
});
const unloadable = operation({
  id: 'thing.unloadable',
  summary: 'Lacks its module.',
  kind: 'command',
  access: 'thing:write',
  input: z.object({}),
  output: z.object({}),
  load: async () => {
    throw new Error("Cannot find module './gone.js'");
  },
});
const things = plugin({ name: 'things', version: '1.0.0', operations: [rename, show, twice, unloadable] });
const ada: Principal = { id: 'token:ada', scopes: ['thing:*'] };
const reader: Principal = { id: 'token:reader', scopes: ['thing:read'] };

describe('a call of an operation', () => {
  let dir: string;
  let ports: MemoryPorts;
  let host: Host;
  const log = memoryLog();
  const { spans } = recordSpans();
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-invoke-'));
    ports = memoryPorts();
    seen = undefined;
    spans.length = 0;
    host = await openHost({ projectDir: dir, plugins: [ports.plugin, things], env: {}, log, cwd: dir });
  });
  afterEach(async () => {
    await host.close();
    await rm(dir, { recursive: true, force: true });
  });

  it('validates at the door: the handler gets what its schema made, defaults included', async () => {
    expect(await host.run(rename, { name: 'a', times: '2' })).toEqual({ renamed: 'aa' });
    expect(seen?.input).toEqual({ name: 'a', times: 2 });
  });

  it.each([
    [{}, 'thing.rename: "name": ', 'name'],
    [{ name: '' }, 'thing.rename: "name": ', 'name'],
    [{ name: 'a', times: 9 }, 'thing.rename: "times": ', 'times'],
    [{ name: 'a', tmies: 1 }, 'tmies', ''],
    ['a', 'thing.rename: ', ''],
    [[], 'thing.rename: ', ''],
  ])('refuses the input %j, naming the field; the handler never runs', async (input, message, field) => {
    await expect(host.runById('thing.rename', input)).rejects.toMatchObject({
      code: 'TRS_KERNEL_INPUT_INVALID',
      kind: 'invalid',
      message: expect.stringContaining(message),
      details: { issues: [{ field, reason: expect.any(String) }] },
    });
    expect(seen).toBeUndefined();
  });

  it('gives back what the operation promises, and nothing else', async () => {
    expect(await host.run(rename, { name: 'a' })).toEqual({ renamed: 'a' });
    await expect(host.run(rename, { name: 'lie' })).rejects.toMatchObject({
      code: 'TRS_KERNEL_OUTPUT_INVALID',
      kind: 'failed',
      message: expect.stringContaining('thing.rename gave back what it does not promise: "renamed"'),
    });
  });

  it('needs the permission that the operation declares', async () => {
    expect(await host.run(show, {}, { principal: reader })).toEqual({ shown: true });
    await expect(host.run(rename, { name: 'a' }, { principal: reader })).rejects.toMatchObject({
      code: 'TRS_KERNEL_ACCESS_DENIED',
      kind: 'denied',
      details: { operation: 'thing.rename', access: 'thing:write' },
    });
    expect(seen).toBeUndefined();
  });

  it('tells no secrets to who may not call: access is checked before the input', async () => {
    await expect(host.run(rename, { name: '' }, { principal: reader })).rejects.toMatchObject({
      kind: 'denied',
    });
  });

  it('is recorded when it succeeds: who, what, with which input', async () => {
    await host.run(rename, { name: 'a' }, { principal: ada, requestId: 'r-1' });
    expect(ports.events).toMatchObject([
      {
        type: 'operation.succeeded',
        subject: 'operation:thing.rename',
        actor: 'token:ada',
        operation: 'thing.rename',
        requestId: 'r-1',
        payload: { input: { name: 'a', times: 1 }, durationMs: expect.any(Number) },
      },
    ]);
  });

  it.each([
    [ada, 'break', 'operation.failed', 'TRS_INTERNAL'],
    [ada, 'refuse', 'operation.failed', 'TRS_THING_REFUSED'],
    [ada, '', 'operation.failed', 'TRS_KERNEL_INPUT_INVALID'],
    [reader, 'a', 'operation.denied', 'TRS_KERNEL_ACCESS_DENIED'],
  ])('is recorded when it fails: %j', async (principal, name, type, code) => {
    await expect(host.run(rename, { name }, { principal })).rejects.toMatchObject({ code });
    expect(ports.events).toMatchObject([{ type, actor: principal.id, payload: { code } }]);
  });

  it('is not recorded when it only reads', async () => {
    await host.run(show, {});
    expect(ports.events).toEqual([]);
  });

  it('fails for its own reason, even where that cannot be recorded', async () => {
    ports.journal.append = () => Promise.reject(new Error('disk full'));
    await expect(host.run(rename, { name: 'refuse' })).rejects.toMatchObject({ code: 'TRS_THING_REFUSED' });
    expect(log.lines.join()).toContain('the failure could not be recorded');
  });

  it('does not claim to have succeeded where that cannot be recorded', async () => {
    ports.journal.append = () => Promise.reject(new Error('disk full'));
    await expect(host.run(rename, { name: 'a' })).rejects.toMatchObject({
      message: expect.stringContaining('disk full'),
    });
  });

  it('cuts a long input in the record', async () => {
    await host.run(rename, { name: 'x'.repeat(10_000) });
    expect(JSON.stringify(ports.events).length).toBeLessThan(5_000);
  });

  it('is a span, with the operation and the request, and the code of an error', async () => {
    await host.run(rename, { name: 'a' }, { requestId: 'r-1' });
    await host.run(rename, { name: 'refuse' }, { requestId: 'r-2' }).catch(() => {});
    expect(spans).toMatchObject([
      {
        name: 'operation thing.rename',
        attributes: { 'trestle.operation': 'thing.rename', 'trestle.request_id': 'r-1' },
        status: undefined,
        isEnded: true,
      },
      { status: { code: SpanStatusCode.ERROR, message: 'TRS_THING_REFUSED' }, isEnded: true },
    ]);
  });

  it('may call another operation: as the same principal, in the same request, within its span', async () => {
    expect(await host.run(twice, {}, { principal: ada, requestId: 'r-1' })).toEqual({ renamed: 'inner' });
    expect(ports.events).toMatchObject([
      { operation: 'thing.rename', actor: 'token:ada', requestId: 'r-1' },
      { operation: 'thing.twice', actor: 'token:ada', requestId: 'r-1' },
    ]);
    expect(spans.map(({ name, parent }) => [name, parent])).toEqual([
      ['operation thing.twice', undefined],
      ['operation thing.rename', 'operation thing.twice'],
    ]);
  });

  it('names an operation whose handler cannot be loaded', async () => {
    await expect(host.run(unloadable, {})).rejects.toMatchObject({
      code: 'TRS_PLUGIN_BROKEN',
      message: expect.stringContaining('"thing.unloadable" cannot be loaded: Cannot find module'),
    });
  });

  it('of an operation that there is not says which one was meant', async () => {
    await expect(host.runById('thing.renmae', {})).rejects.toMatchObject({
      code: 'TRS_KERNEL_UNKNOWN_OPERATION',
      kind: 'not-found',
      message: 'There is no operation "thing.renmae". Did you mean "thing.rename"?',
    });
  });

  it('is queued only where it is a job', async () => {
    await expect(host.enqueue('thing.rename', { name: 'a' })).rejects.toMatchObject({
      code: 'TRS_KERNEL_NOT_A_JOB',
    });
  });

  it('gets the files of its caller: anywhere for who sits here, inside one folder for who calls from elsewhere', async () => {
    await host.run(rename, { name: 'a' }, { surface: 'cli' });
    expect(await seen?.ctx.files.write('../x')).toBe(join(dir, '..', 'x'));
    await host.run(rename, { name: 'a' }, { surface: 'http' });
    await expect(seen?.ctx.files.read('../trestle.config.ts')).rejects.toMatchObject({
      code: 'TRS_DOOR_PATH_REFUSED',
    });
    expect(await seen?.ctx.files.write('out.csv')).toBe(join(dir, 'files', 'out.csv'));
    await expect(seen?.ctx.files.read('none.csv')).rejects.toMatchObject({ code: 'TRS_KERNEL_FILE_MISSING' });
  });
});
