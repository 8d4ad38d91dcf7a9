import type { ConfigSection } from '../config/section.ts';
import type { Plugin } from './plugin.ts';
import { pluginError } from './plugin-error.ts';
import { asPlugin } from './plugin-shape.ts';
import { pluginsToken } from './plugins-token.ts';

/**
 * Checks what plugins declare, before anything runs: ids, permissions and schemas are well formed, and nothing is declared
 * twice.
 *
 * @param sections the configuration sections of the application itself
 * @throws TRS_PLUGIN_INVALID, TRS_PLUGIN_CONFLICT, each naming the plugin
 */
export function checkPlugins(plugins: readonly Plugin[], sections: readonly ConfigSection[] = []): void {
  const owners = new Map<string, string>([
    [`service "${pluginsToken.name}"`, 'the host'],
    ['configuration section "plugins"', 'the host'],
    ...sections.map(({ name }) => [`configuration section "${name}"`, 'the application'] as const),
  ]);
  for (const plugin of plugins) {
    asPlugin(plugin, plugin.name);
    for (const what of declarations(plugin)) {
      const owner = owners.get(what);
      if (owner !== undefined) throw conflict(plugin.name, what, owner);
      owners.set(what, plugin.name);
    }
  }
  checkAreas(plugins);
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
