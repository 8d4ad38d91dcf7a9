import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.ts';

describe('loadConfig', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-config-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const write = (name: string, content: string) => writeFile(join(dir, name), content);

  it('is empty where there is no file', async () => {
    expect(await loadConfig(dir)).toEqual({ file: undefined, values: {} });
  });

  it.each([
    ['trestle.config.json', '{"store": {"lockWaitMs": 5}}'],
    ['trestle.config.json', '\uFEFF{"store": {"lockWaitMs": 5}}'],
    ['trestle.config.js', 'export default { store: { lockWaitMs: 2 + 3 } };'],
    [
      'trestle.config.ts',
      'interface Wait { lockWaitMs: number }\nexport default { store: { lockWaitMs: 5 } satisfies Wait };',
    ],
  ])('reads %s', async (name, content) => {
    await write('package.json', '{"type": "module"}');
    await write(name, content);
    expect(await loadConfig(dir)).toEqual({ file: join(dir, name), values: { store: { lockWaitMs: 5 } } });
  });

  it('prefers TypeScript over JavaScript over JSON', async () => {
    await write('trestle.config.json', '{"is": "json"}');
    await write('trestle.config.ts', 'export default { is: "ts" };');
    expect((await loadConfig(dir)).values).toEqual({ is: 'ts' });
  });

  it.each([
    ['trestle.config.json', '{\n  "store": {"key": "canary" "x"}\n}', 'line 2'],
    ['trestle.config.json', '{\n\n  "store": {"password": canary },\n  "more": 1 }', 'near line 3'],
    ['trestle.config.json', '', 'near line 1'],
    ['trestle.config.ts', 'export default {\n store: "canary" "x" };', 'trestle.config.ts:2'],
  ])('says where %s does not parse, without quoting what stands there: %j', async (name, content, place) => {
    await write(name, content);
    const error = await loadConfig(dir).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'TRS_CONFIG_UNREADABLE',
      kind: 'invalid',
      message: expect.stringContaining(place),
    });
    expect(error).not.toMatchObject({ message: expect.stringContaining('canary') });
  });

  it('names a file that throws', async () => {
    await write('trestle.config.ts', 'throw new Error("no such variable");');
    await expect(loadConfig(dir)).rejects.toMatchObject({
      code: 'TRS_CONFIG_UNREADABLE',
      message: 'trestle.config.ts cannot be read: no such variable',
    });
  });

  it.each([
    ['trestle.config.json', '[]', 'a list'],
    ['trestle.config.json', 'null', 'null'],
    ['trestle.config.json', '7', 'a number'],
    ['trestle.config.js', 'export default undefined;', 'nothing'],
  ])('refuses what is no object: %s %s', async (name, content, what) => {
    await write('package.json', '{"type": "module"}');
    await write(name, content);
    await expect(loadConfig(dir)).rejects.toMatchObject({
      code: 'TRS_CONFIG_NOT_AN_OBJECT',
      message: expect.stringContaining(what),
    });
  });
});
