import { type Context, pluginsToken, replacedBy } from '@trestle/kernel';
import type { ListedPlugins } from './plugin-operations.ts';

export async function listPlugins(ctx: Context): Promise<ListedPlugins> {
  const plugins = await ctx.service(pluginsToken);
  return {
    plugins: plugins.map((plugin) => ({
      name: plugin.name,
      version: plugin.version,
      ...(plugin.config ? { config: plugin.config.name } : {}),
      operations: (plugin.operations ?? []).map(({ id }) => id),
      services: (plugin.services ?? []).map(({ token }) => token.name),
      replaces: [...replacedBy(plugin, plugins)].map(([service, owner]) => `${service} of ${owner}`),
      routes: (plugin.routes ?? []).map(({ method, path }) => `${method} ${path}`),
      subscribers: (plugin.subscribers ?? []).map(({ name }) => name),
      schedules: (plugin.schedules ?? []).map(({ name }) => name),
      metrics: (plugin.metrics ?? []).map(({ name }) => name),
      contributions: (plugin.contributions ?? []).map(({ point }) => point),
    })),
  };
}
