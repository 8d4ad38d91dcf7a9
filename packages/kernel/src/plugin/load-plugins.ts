import { join } from 'node:path';
import type { Plugin } from './plugin.ts';
import { pluginError } from './plugin-error.ts';
import { asPlugin } from './plugin-shape.ts';

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
  const { importModule, resolveModule } = await import('../config/import-module.ts');
  const parent = join(projectDir, 'trestle.config.ts');
  const file = await attempt(
    () => resolveModule(name, parent),
    // A package that is there, but not what it says it has, is broken.
    (reason, cause) =>
      reason.includes(`Cannot find module '${name}'`)
        ? missing(name, projectDir)
        : broken(name, reason, cause),
  );
  return await attempt(
    () => importModule(file, parent),
    (reason, cause) => broken(name, reason, cause),
  );
}

async function attempt<T>(
  work: () => T | Promise<T>,
  errorOf: (reason: string, cause: unknown) => Error,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw errorOf(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

const missing = (name: string, projectDir: string) =>
  pluginError('MISSING', {
    kind: 'not-found',
    message: `Plugin "${name}" is not installed.`,
    hint: /^[./]/.test(name)
      ? `There is no such file in ${projectDir}; correct it, or remove it from the configuration.`
      : `Run "npm install ${name}" in ${projectDir}, or remove it from the configuration.`,
    details: { plugin: name },
  });

const broken = (name: string, reason: string, cause: unknown) =>
  pluginError('BROKEN', {
    kind: 'failed',
    message: `Plugin "${name}" broke while it was loaded: ${reason}`,
    hint: 'Correct or update the plugin, or remove it from the configuration.',
    details: { plugin: name },
    cause,
  });
