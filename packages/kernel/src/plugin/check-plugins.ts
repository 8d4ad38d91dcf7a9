import type { ConfigSection } from '../config/section.ts';
import type { Plugin, ServiceProvider } from './plugin.ts';
import { pluginError } from './plugin-error.ts';
import { asPlugin } from './plugin-shape.ts';
import { pluginsToken } from './plugins-token.ts';

/**
 * Checks what plugins declare, before anything runs: ids, permissions and schemas are well formed, and nothing is declared
 * twice, but for services that a plugin of the configuration provides in place of a replaceable one.
 *
 * @param plugins the application's own first
 * @param sections the configuration sections of the application itself
 * @param added those of `plugins` that the configuration names
 * @throws TRS_PLUGIN_INVALID, TRS_PLUGIN_CONFLICT, TRS_PLUGIN_HALF, each naming the plugin
 */
export function checkPlugins(
  plugins: readonly Plugin[],
  sections: readonly ConfigSection[] = [],
  added: ReadonlySet<Plugin> = new Set(),
): void {
  const owners = new Map<string, string>([
    [`service "${pluginsToken.name}"`, 'the host'],
    ['configuration section "plugins"', 'the host'],
    ...sections.map(({ name }) => [`configuration section "${name}"`, 'the application'] as const),
  ]);
  const replaceable = new Map<string, ServiceProvider>();
  for (const plugin of plugins) {
    asPlugin(plugin, plugin.name);
    if (added.has(plugin)) takePlaces(plugin, replaceable, owners);
    for (const what of declarations(plugin)) {
      const owner = owners.get(what);
      if (owner !== undefined) throw conflict(plugin.name, what, owner);
      owners.set(what, plugin.name);
    }
    for (const service of added.has(plugin) ? [] : (plugin.services ?? []))
      if (service.replaceable !== undefined) replaceable.set(service.token.name, service);
  }
  checkAreas(plugins);
}

/** Makes room for what a plugin provides in place of services that may be replaced, once. */
function takePlaces(
  plugin: Plugin,
  replaceable: Map<string, ServiceProvider>,
  owners: Map<string, string>,
): void {
  const offered = new Set((plugin.services ?? []).map(({ token }) => token.name));
  const replaced = [...replaceable.values()].filter(({ token }) => offered.has(token.name));
  for (const word of new Set(replaced.map((service) => service.replaceable))) {
    const together = [...replaceable.values()].filter((service) => service.replaceable === word);
    const lacking = together.filter(({ token }) => !offered.has(token.name));
    if (lacking.length > 0) throw half(plugin.name, together, lacking);
    for (const { token } of together) {
      owners.delete(`service "${token.name}"`);
      replaceable.delete(token.name);
    }
  }
}

/** Everything of which there may be one. */
function* declarations(plugin: Plugin): Iterable<string> {
  yield `the plugin name "${plugin.name}"`;
  if (plugin.config) yield `configuration section "${plugin.config.name}"`;
  for (const { id } of plugin.operations ?? []) yield `operation "${id}"`;
  // Two names of one parameter make no difference to a router.
  for (const { method, path } of plugin.routes ?? [])
    yield `route "${method} ${path.replace(/:[^/]+/g, ':x')}"`;
  for (const { token } of plugin.services ?? []) yield `service "${token.name}"`;
  for (const { name } of plugin.subscribers ?? []) yield `subscriber "${plugin.name}/${name}"`;
  for (const { name } of plugin.schedules ?? []) yield `schedule "${plugin.name}/${name}"`;
  for (const { name } of plugin.metrics ?? []) yield `metric "${name}"`;
}

/** `client.train(…)` cannot be a method and hold `client.train.again(…)` too. */
function checkAreas(plugins: readonly Plugin[]): void {
  const owners = new Map(
    plugins.flatMap(({ name, operations = [] }) => operations.map(({ id }) => [id, name] as const)),
  );
  for (const [id, plugin] of owners) {
    const [area = id] = id.split('.');
    const owner = owners.get(area);
    if (id !== area && owner !== undefined)
      throw conflict(plugin, `operation "${id}", within operation "${area}"`, owner);
  }
}

const conflict = (plugin: string, what: string, owner: string) =>
  pluginError('CONFLICT', {
    kind: 'conflict',
    message: `Plugin "${plugin}" declares ${what}, which "${owner}" already declares.`,
    hint: 'Remove one of the two from the configuration.',
    details: { plugin, owner, what },
  });

const listed = (services: readonly ServiceProvider[]): string =>
  services.map(({ token }) => `"${token.name}"`).join(', ');

const half = (plugin: string, together: readonly ServiceProvider[], lacking: readonly ServiceProvider[]) =>
  pluginError('HALF', {
    kind: 'conflict',
    message: `Plugin "${plugin}" replaces a part of what belongs together: it does not provide ${listed(lacking)}.`,
    hint: `Provide all of ${listed(together)}, or none.`,
    details: { plugin, lacking: lacking.map(({ token }) => token.name) },
  });
