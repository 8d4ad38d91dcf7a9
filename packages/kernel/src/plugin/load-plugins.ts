import { join } from 'node:path';
import { asPlugin } from './check-plugins.ts';
import type { Plugin } from './plugin.ts';
import { pluginError } from './plugin-error.ts';

/**
 * Loads the plugins that a configuration names: packages of the project's node_modules, files relative to the project, or
 * plugin objects. A plugin is trusted code: loading it runs it.
 *
 * @throws TRS_PLUGIN_LIST_INVALID, TRS_PLUGIN_MISSING, TRS_PLUGIN_BROKEN, TRS_PLUGIN_INVALID, each naming the plugin
 */
export async function loadPlugins(names: unknown, projectDir: string): Promise<readonly Plugin[]> {
  if (names === undefined) return [];
  if (!Array.isArray(names)) {
    throw pluginError('LIST_INVALID', {
      kind: 'invalid',
      message: 'The configuration\'s "plugins" is not a list.',
      hint: 'Write `plugins: ["package-name"]`.',
    });
  }
  return await Promise.all(
    names.map(async (name: unknown) =>
      typeof name === 'string'
        ? asPlugin(await importPlugin(name, projectDir), name)
        : asPlugin(name, 'an object in "plugins"'),
    ),
  );
}

async function importPlugin(name: string, projectDir: string): Promise<unknown> {
  const { importModule } = await import('../config/import-module.ts');
  try {
    return await importModule(name, join(projectDir, 'trestle.config.ts'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const isMissing = reason.includes(name) && /cannot find (module|package)/i.test(reason);
    throw pluginError(isMissing ? 'MISSING' : 'BROKEN', {
      kind: isMissing ? 'not-found' : 'failed',
      message: isMissing
        ? `Plugin "${name}" is not installed.`
        : `Plugin "${name}" broke while it was loaded: ${reason}`,
      hint: isMissing
        ? `Run "npm install ${name}" in ${projectDir}, or remove it from the configuration.`
        : 'Correct or update the plugin, or remove it from the configuration.',
      details: { plugin: name },
      cause,
    });
  }
}
