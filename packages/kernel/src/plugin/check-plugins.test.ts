import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSection } from '../config/section.ts';
import { checkPlugins } from './check-plugins.ts';
import { asPlugin } from './plugin-shape.ts';
import { pluginsToken, replacedBy } from './plugins-token.ts';
import { token } from './token.ts';

const load = async () => async () => ({});
const operation = {
  id: 'acme.do',
  summary: 'Does it.',
  kind: 'command',
  access: 'acme:write',
  input: z.object({ text: z.string() }),
  output: z.object({}),
  load,
};
const route = { method: 'GET', path: '/acme', access: 'acme:read', summary: 'It.', load };
const section = configSection('acme', z.object({}));
const acme = (parts: object = {}, name = 'acme') => asPlugin({ name, version: '1.0.0', ...parts }, 'test');

describe('a plugin', () => {
  it('is a name, a version, and whatever it adds', () => {
    const whole = acme({
      config: section,
      operations: [operation, { ...operation, id: 'word', positionals: ['text'] }],
      routes: [route],
      services: [{ token: token('acme.service'), make: () => 1 }],
      subscribers: [{ name: 'on', types: ['a.*'], load }],
      schedules: [
        { name: 'hourly', every: '0 * * * *', load },
        { name: 'often', every: 50, load },
      ],
      metrics: [{ name: 'acme_total', help: '', type: 'counter', collect: async () => [] }],
      contributions: [{ point: 'x', value: 1 }],
    });
    expect(() => checkPlugins([acme({}, 'bare'), whole])).not.toThrow();
  });

  it.each([
    undefined,
    null,
    7,
    'acme',
    {},
    [],
    { name: 'acme' },
    { name: '', version: '1' },
    { name: 1, version: '1' },
    () => {},
  ])('is not %j: the error names where it came from', (value) => {
    expect(() => asPlugin(value, 'acme-package')).toThrow(
      expect.objectContaining({
        code: 'TRS_PLUGIN_INVALID',
        message: expect.stringContaining('"acme-package"'),
      }),
    );
  });

  it.each<[string, object, string]>([
    ['operations that are no list', { operations: {} }, '"operations" cannot be used: it must be a list'],
    [
      'an operation that is no object',
      { operations: ['do'] },
      'operation number 1 cannot be used: it is no object',
    ],
    [
      'an operation without an id',
      { operations: [{ ...operation, id: undefined }] },
      'its id must look like',
    ],
    [
      'an id in capitals',
      { operations: [{ ...operation, id: 'Acme.Do' }] },
      'operation "Acme.Do" cannot be used',
    ],
    ['an id of three parts', { operations: [{ ...operation, id: 'a.b.c' }] }, 'its id must look like'],
    ['an id that climbs', { operations: [{ ...operation, id: '../x' }] }, 'its id must look like'],
    [
      'an id that the client has for itself',
      { operations: [{ ...operation, id: 'call' }] },
      'taken by a surface',
    ],
    [
      'an id that makes the client a promise',
      { operations: [{ ...operation, id: 'then.x' }] },
      'taken by a surface',
    ],
    [
      'an id that the command line has for itself',
      { operations: [{ ...operation, id: 'serve' }] },
      'taken by a surface',
    ],
    [
      'an operation without access',
      { operations: [{ ...operation, access: undefined }] },
      'operation "acme.do" cannot be used: it declares no access',
    ],
    ['an access that is none', { operations: [{ ...operation, access: 'all' }] }, 'it declares no access'],
    ['an access to everything', { operations: [{ ...operation, access: '*:*' }] }, 'it declares no access'],
    ['an operation without a summary', { operations: [{ ...operation, summary: '' }] }, 'it has no summary'],
    [
      'an unknown kind',
      { operations: [{ ...operation, kind: 'mutation' }] },
      'its kind must be one of query, command, job',
    ],
    [
      'an input that is no schema',
      { operations: [{ ...operation, input: {} }] },
      'its input must be a zod object schema',
    ],
    [
      'an input that is no object',
      { operations: [{ ...operation, input: z.string() }] },
      'its input must be a zod object schema',
    ],
    [
      'an operation without an output',
      { operations: [{ ...operation, output: undefined }] },
      'its output must be a zod schema',
    ],
    [
      'a positional that is no field',
      { operations: [{ ...operation, positionals: ['txt'] }] },
      'must be fields of its input (text)',
    ],
    [
      'an operation without a handler',
      { operations: [{ ...operation, load: undefined }] },
      'it has no function "load"',
    ],
    [
      'a route without access',
      { routes: [{ ...route, access: undefined }] },
      'route "GET /acme" cannot be used: it declares no access',
    ],
    [
      'a route with an unknown method',
      { routes: [{ ...route, method: 'TRACE' }] },
      'its method must be one of',
    ],
    ['a route that begins nowhere', { routes: [{ ...route, path: 'acme' }] }, 'its path must begin with "/"'],
    ['a service without a token', { services: [{ make: () => 1 }] }, 'it has no token'],
    [
      'a service that is not made',
      { services: [{ token: token('a.b') }] },
      'service "a.b" cannot be used: it has no function "make"',
    ],
    [
      'a subscriber without types',
      { subscribers: [{ name: 'on', load }] },
      'subscriber "on" cannot be used: its types',
    ],
    [
      'a schedule without a time',
      { schedules: [{ name: 's', load }] },
      '"every" must be a cron line or a number',
    ],
    [
      'a schedule that runs without pause',
      { schedules: [{ name: 's', every: 0, load }] },
      'at least one millisecond',
    ],
    [
      'a schedule of no number',
      { schedules: [{ name: 's', every: Number.NaN, load }] },
      'at least one millisecond',
    ],
    ['a metric that is not collected', { metrics: [{ name: 'm' }] }, 'metric "m" cannot be used'],
    [
      'a contribution without a point',
      { contributions: [{ value: 1 }] },
      'contribution number 1 cannot be used: it has no point',
    ],
    ['a configuration without a schema', { config: { name: 'acme' } }, '"config" cannot be used'],
  ])('is refused with %s, by name and reason', (_, parts, message) => {
    expect(() => acme(parts)).toThrow(
      expect.objectContaining({
        code: 'TRS_PLUGIN_INVALID',
        kind: 'invalid',
        message: expect.stringContaining(`Plugin "acme": `),
        details: { plugin: 'acme' },
      }),
    );
    expect(() => acme(parts)).toThrow(message);
  });
});

describe('several plugins', () => {
  const service = { token: token('x.y'), make: () => 1 };
  const metric = { name: 'm_total', help: '', type: 'counter', collect: async () => [] };
  it.each<[string, object, object, string]>([
    ['operation', { operations: [operation] }, { operations: [operation] }, 'operation "acme.do"'],
    ['route', { routes: [route] }, { routes: [route] }, 'route "GET /acme"'],
    [
      'route with other names for its parameters',
      { routes: [{ ...route, path: '/a/:x' }] },
      { routes: [{ ...route, path: '/a/:y' }] },
      'route "GET /a/:x"',
    ],
    ['service', { services: [service] }, { services: [service] }, 'service "x.y"'],
    ['section', { config: section }, { config: section }, 'configuration section "acme"'],
    ['metric', { metrics: [metric] }, { metrics: [metric] }, 'metric "m_total"'],
    [
      'word, as an operation and as an area',
      { operations: [{ ...operation, id: 'acme' }] },
      { operations: [operation] },
      'operation "acme.do", within operation "acme"',
    ],
  ])('do not share a %s', (_, first, second, what) => {
    expect(() => checkPlugins([acme(first, 'first'), acme(second, 'second')])).toThrow(
      expect.objectContaining({
        code: 'TRS_PLUGIN_CONFLICT',
        kind: 'conflict',
        message: `Plugin "second" declares ${what}, which "first" already declares.`,
      }),
    );
  });

  it('do not share a name', () => {
    expect(() => checkPlugins([acme(), acme()])).toThrow(
      expect.objectContaining({
        code: 'TRS_PLUGIN_CONFLICT',
        message: expect.stringContaining('the plugin name "acme"'),
      }),
    );
  });

  it('may call their own subscribers and schedules alike', () => {
    const parts = {
      subscribers: [{ name: 'on', types: ['a'], load }],
      schedules: [{ name: 'on', every: 5, load }],
    };
    expect(() => checkPlugins([acme(parts, 'first'), acme(parts, 'second')])).not.toThrow();
  });

  it('take nothing from the host and its application', () => {
    const conflict = expect.objectContaining({ code: 'TRS_PLUGIN_CONFLICT' });
    expect(() => checkPlugins([acme({ config: section })], [section])).toThrow(conflict);
    expect(() => checkPlugins([acme({ config: configSection('plugins', z.any()) })])).toThrow(conflict);
    expect(() => checkPlugins([acme({ services: [{ token: pluginsToken, make: () => [] }] })])).toThrow(
      conflict,
    );
  });
});

describe('a plugin of the configuration', () => {
  const provided = (name: string, replaceable?: string) => ({
    token: token(name),
    make: () => 1,
    ...(replaceable === undefined ? {} : { replaceable }),
  });
  const store = acme(
    {
      services: [
        provided('s.data', 'data'),
        provided('s.log', 'data'),
        provided('s.files', 'files'),
        provided('s.own'),
      ],
    },
    'store',
  );
  const check =
    (...added: ReturnType<typeof acme>[]) =>
    () =>
      checkPlugins([store, ...added], [], new Set(added));

  it('provides services in place of those that may be replaced, all that belong together', () => {
    const other = acme({ services: [provided('s.data'), provided('s.log')] }, 'other');
    expect(check(other)).not.toThrow();
    expect(check(acme({ services: [provided('s.files')] }, 'files'), other)).not.toThrow();
    expect([...replacedBy(other, [store, other])]).toEqual([
      ['s.data', 'store'],
      ['s.log', 'store'],
    ]);
    expect(replacedBy(store, [store, other]).size).toBe(0);
  });

  it('is refused with half of what belongs together, which is named', () => {
    expect(check(acme({ services: [provided('s.data'), provided('s.files')] }, 'other'))).toThrow(
      expect.objectContaining({
        code: 'TRS_PLUGIN_HALF',
        message: 'Plugin "other" replaces a part of what belongs together: it does not provide "s.log".',
      }),
    );
  });

  it.each<[string, readonly string[][]]>([
    ['another service', [['s.own']]],
    ['what another plugin of the configuration provides in its place', [['s.files'], ['s.files']]],
  ])('does not replace %s', (_, names) => {
    const added = names.map((services, at) =>
      acme({ services: services.map((name) => provided(name)) }, `p${at}`),
    );
    expect(check(...added)).toThrow(expect.objectContaining({ code: 'TRS_PLUGIN_CONFLICT' }));
  });

  it('is not replaced by a plugin of the application', () => {
    const own = acme({ services: [provided('s.files')] }, 'own');
    expect(() => checkPlugins([store, own])).toThrow(
      expect.objectContaining({ code: 'TRS_PLUGIN_CONFLICT' }),
    );
  });
});
