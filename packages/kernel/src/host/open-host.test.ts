import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSection } from '../config/section.ts';
import { contribute, extensionPoint } from '../plugin/extension-point.ts';
import { type Plugin, plugin, provide } from '../plugin/plugin.ts';
import { pluginsToken } from '../plugin/plugins-token.ts';
import { token } from '../plugin/token.ts';
import { memoryLog } from './memory-ports.test.setup.ts';
import { type HostOptions, openHost } from './open-host.ts';

describe('openHost', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-host-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const open = (plugins: readonly Plugin[] = [], options: Partial<HostOptions> = {}) =>
    openHost({ projectDir: dir, plugins, env: {}, log: memoryLog(), ...options });

  it('opens a folder without a configuration', async () => {
    const host = await open();
    expect([host.project.dir, host.project.stateDir, host.plugins]).toEqual([dir, join(dir, '.trestle'), []]);
    await host.close();
  });

  it('makes no service before one is needed', async () => {
    let isMade = false;
    const lazy = token<boolean>('lazy.service');
    const service = provide(lazy, () => {
      isMade = true;
      return true;
    });
    const host = await open([plugin({ name: 'lazy', version: '1', services: [service] })]);
    expect(isMade).toBe(false);
    expect(await host.service(lazy)).toBe(true);
    await host.close();
  });

  it('adds the plugins of the configuration behind those of the application', async () => {
    await writeFile(join(dir, 'mine.js'), 'export default { name: "mine", version: "1" };');
    await writeFile(join(dir, 'trestle.config.json'), '{"plugins": ["./mine.js"]}');
    const host = await open([plugin({ name: 'theirs', version: '1' })]);
    expect(host.plugins.map(({ name }) => name)).toEqual(['theirs', 'mine']);
    expect(await host.service(pluginsToken)).toEqual(host.plugins);
  });

  it('of a part of the project has these plugins alone, whatever the configuration says of others', async () => {
    await writeFile(join(dir, 'trestle.config.json'), '{"plugins": ["./nowhere.js"], "theirs": {"size": 5}}');
    const part = await open([plugin({ name: 'mine', version: '1' })], {
      isPart: true,
      env: { TRESTLE_OTHERS__A: '1' },
    });
    expect(part.plugins.map(({ name }) => name)).toEqual(['mine']);
    await expect(open([])).rejects.toMatchObject({ code: 'TRS_PLUGIN_MISSING' });
  });

  it('of a part of the project has what the configuration names in the place of a service of its own', async () => {
    const store = token<string>('store.data');
    await writeFile(
      join(dir, 'other.js'),
      'export default { name: "other", version: "1", services: [{ token: { name: "store.data" }, make: () => "other" }] };',
    );
    await writeFile(join(dir, 'mine.js'), 'export default { name: "mine", version: "1" };');
    await writeFile(join(dir, 'trestle.config.json'), '{"plugins": ["./mine.js", "./other.js"]}');
    const built = plugin({
      name: 'built-in',
      version: '1',
      services: [provide(store, () => 'built in', { replaceable: 'data' })],
    });
    const part = await open([built], { isPart: true });
    expect(part.plugins.map(({ name }) => name)).toEqual(['built-in', 'other']);
    expect(await part.service(store)).toBe('other');
  });

  it('adds plugins of the application as if the configuration named them, unless it does', async () => {
    await writeFile(join(dir, 'mine.js'), 'export default { name: "mine", version: "2" };');
    const added = [plugin({ name: 'mine', version: '1' })];
    expect((await open([], { added })).plugins).toMatchObject([{ version: '1' }]);
    await writeFile(join(dir, 'trestle.config.json'), '{"plugins": ["./mine.js"]}');
    expect((await open([], { added })).plugins).toMatchObject([{ version: '2' }]);
  });

  it('gives each plugin its section of the configuration, defaults included', async () => {
    await writeFile(join(dir, 'trestle.config.json'), '{"one": {"size": 5}}');
    const one = configSection('one', z.object({ size: z.number() }));
    const two = configSection('two', z.object({ size: z.number().default(7) }));
    const app = configSection('app', z.object({ url: z.string().default('here') }));
    const host = await open(
      [
        plugin({ name: 'one', version: '1', config: one }),
        plugin({ name: 'two', version: '1', config: two }),
      ],
      { sections: [app], env: { TRESTLE_APP__URL: 'there' } },
    );
    expect([host.config(one), host.config(two), host.config(app)]).toEqual([
      { size: 5 },
      { size: 7 },
      { url: 'there' },
    ]);
  });

  it('collects what plugins contribute, in the order of loading', async () => {
    const tests = extensionPoint<string>('drift.tests');
    const other = extensionPoint<string>('other');
    const host = await open([
      plugin({ name: 'a', version: '1', contributions: [contribute(tests, 'ks'), contribute(other, 'x')] }),
      plugin({ name: 'b', version: '1', contributions: [contribute(tests, 'psi')] }),
    ]);
    expect(host.extensions(tests)).toEqual(['ks', 'psi']);
    expect(host.extensions(extensionPoint('nobody'))).toEqual([]);
  });

  it('refuses plugins that clash before anything runs', async () => {
    const section = configSection('same', z.object({}));
    const opened = open([
      plugin({ name: 'a', version: '1', config: section }),
      plugin({ name: 'b', version: '1', config: section }),
    ]);
    await expect(opened).rejects.toMatchObject({
      code: 'TRS_PLUGIN_CONFLICT',
      message: expect.stringContaining('"same"'),
    });
  });

  it('starts and closes where there is nothing to do, and closes twice', async () => {
    const closes: string[] = [];
    const thing = token<string>('thing.service');
    const service = provide(thing, ({ onClose }) => {
      onClose(() => void closes.push('thing'));
      return 'made';
    });
    const host = await open([plugin({ name: 'thing', version: '1', services: [service] })]);
    await host.start({ worker: false });
    expect(await host.service(thing)).toBe('made');
    await host.close();
    await host.close();
    expect(closes).toEqual(['thing']);
  });

  it('says which service a worker lacks', async () => {
    const listener = { name: 'on', types: ['*'], load: async () => async () => {} };
    const host = await open([plugin({ name: 'listener', version: '1', subscribers: [listener] })]);
    await expect(host.start({ worker: false })).rejects.toMatchObject({
      code: 'TRS_KERNEL_SERVICE_MISSING',
      message: expect.stringContaining('kernel.journal'),
    });
    await expect(host.start()).rejects.toMatchObject({ message: expect.stringContaining('kernel.jobs') });
  });
});
