import type { Plugin } from './plugin.ts';
import { pluginError } from './plugin-error.ts';

const OPERATION_ID = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)?$/;
const ACCESS = /^[a-z][a-z0-9-]*:[a-z]+$/;

/** Checks that a value has the shape of a plugin. @throws TRS_PLUGIN_INVALID */
export function asPlugin(value: unknown, from: string): Plugin {
  const isPlugin =
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'version' in value &&
    typeof value.version === 'string';
  if (isPlugin) return value as Plugin;
  throw pluginError('INVALID', {
    kind: 'invalid',
    message: `"${from}" is not a Trestle plugin: its default export has no name and version.`,
    hint: 'A plugin exports `plugin({ name, version, … })` as its default. Is this the right package?',
    details: { plugin: from },
  });
}

/**
 * Checks what plugins declare, before anything runs: ids and permissions are well formed, and nothing is declared twice.
 *
 * @throws TRS_PLUGIN_INVALID, TRS_PLUGIN_CONFLICT, each naming the plugin
 */
export function checkPlugins(plugins: readonly Plugin[]): void {
  const owners = new Map<string, string>();
  const claim = (plugin: Plugin, what: string): void => {
    const owner = owners.get(what);
    if (owner !== undefined) {
      throw pluginError('CONFLICT', {
        kind: 'conflict',
        message: `Plugin "${plugin.name}" declares ${what}, which "${owner}" already declares.`,
        hint: 'Remove one of the two from the configuration.',
        details: { plugin: plugin.name, owner, what },
      });
    }
    owners.set(what, plugin.name);
  };
  for (const plugin of plugins) {
    claim(plugin, `the plugin name "${plugin.name}"`);
    for (const operation of plugin.operations ?? []) {
      checkShape(
        plugin,
        `operation "${operation.id}"`,
        OPERATION_ID.test(operation.id),
        'its id must look like "plugin.verb"',
      );
      checkShape(
        plugin,
        `operation "${operation.id}"`,
        ACCESS.test(operation.access ?? ''),
        'it declares no access such as "data:read"',
      );
      claim(plugin, `operation "${operation.id}"`);
    }
    for (const route of plugin.routes ?? []) {
      const name = `route "${route.method} ${route.path}"`;
      checkShape(
        plugin,
        name,
        ACCESS.test(route.access ?? ''),
        'it declares no access such as "serving:predict"',
      );
      claim(plugin, name);
    }
    for (const service of plugin.services ?? []) claim(plugin, `service "${service.token.name}"`);
    for (const subscriber of plugin.subscribers ?? []) claim(plugin, `subscriber "${subscriber.name}"`);
    for (const schedule of plugin.schedules ?? []) claim(plugin, `schedule "${schedule.name}"`);
  }
}

function checkShape(plugin: Plugin, what: string, isRight: boolean, reason: string): void {
  if (isRight) return;
  throw pluginError('INVALID', {
    kind: 'invalid',
    message: `Plugin "${plugin.name}": ${what} cannot be used: ${reason}.`,
    hint: 'Correct the plugin, or remove it from the configuration.',
    details: { plugin: plugin.name },
  });
}
