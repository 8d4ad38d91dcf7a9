import type { Plugin } from './plugin.ts';
import { token } from './token.ts';

/** Every plugin of the host, in the order of loading. Provided by the host itself. */
export const pluginsToken = token<readonly Plugin[]>('kernel.plugins');

/** Which services of earlier plugins a plugin takes the place of, by the name of their plugin. */
export function replacedBy(plugin: Plugin, plugins: readonly Plugin[]): ReadonlyMap<string, string> {
  const offered = new Set((plugin.services ?? []).map(({ token }) => token.name));
  return new Map(
    plugins
      .slice(0, plugins.indexOf(plugin))
      .flatMap(({ name, services = [] }) => services.map(({ token }) => [token.name, name] as const))
      .filter(([token]) => offered.has(token)),
  );
}
