import { operation } from '@trestle/kernel';
import { z } from 'zod';

const names = z.array(z.string());

const listed = z.object({
  plugins: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      config: z.string().optional(),
      operations: names,
      services: names,
      /** Services of other plugins that it provides in their place: `store.database of store`. */
      replaces: names,
      routes: names,
      subscribers: names,
      schedules: names,
      metrics: names,
      /** Extension points that it contributes to. */
      contributions: names,
    }),
  ),
});
export type ListedPlugins = z.output<typeof listed>;

const made = z.object({
  plugin: z.string(),
  package: z.string(),
  dir: z.string(),
  files: z.array(z.string()),
});
export type MadePlugin = z.output<typeof made>;

export const pluginList = operation({
  id: 'plugin.list',
  summary: 'List the plugins of this project, and what each contributes.',
  kind: 'query',
  access: 'system:read',
  input: z.object({}),
  output: listed,
  load: () => import('./list-plugins.ts').then((module) => module.listPlugins),
  present: ({ plugins }) => [
    {
      kind: 'table',
      columns: [
        { key: 'name', label: 'plugin' },
        { key: 'version', label: 'version' },
        { key: 'operations', label: 'operations' },
        { key: 'routes', label: 'routes' },
        { key: 'services', label: 'services' },
        { key: 'replaces', label: 'in place of' },
        { key: 'reacts', label: 'reacts to events' },
        { key: 'schedules', label: 'schedules' },
        { key: 'contributions', label: 'contributes to' },
      ],
      rows: plugins.map((plugin) => ({
        name: plugin.name,
        version: plugin.version,
        operations: plugin.operations.length,
        routes: plugin.routes.length,
        services: plugin.services.length,
        replaces: plugin.replaces.join(', '),
        reacts: plugin.subscribers.length,
        schedules: plugin.schedules.length,
        contributions: [...new Set(plugin.contributions)].join(', '),
      })),
    },
    {
      kind: 'note',
      tone: 'info',
      text: 'A plugin is trusted code: it runs with the rights of whoever runs Trestle.',
    },
  ],
});

export const pluginNew = operation({
  id: 'plugin.new',
  summary: 'Make the first version of a plugin: a package with one operation and a passing test.',
  kind: 'command',
  access: 'system:write',
  input: z.object({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,49}$/, 'must begin with a letter and hold small letters, digits and dashes')
      .describe('what the plugin is called; its operations begin with it'),
    dir: z.string().min(1).max(1_000).optional().describe('the new folder [trestle-plugin-NAME]'),
  }),
  positionals: ['name'],
  output: made,
  load: () => import('./new-plugin.ts').then((module) => module.newPlugin),
  present: ({ plugin, dir, files }) => [
    { kind: 'note', tone: 'good', text: `The plugin "${plugin}" is in ${dir}: ${files.join(', ')}.` },
    {
      kind: 'facts',
      title: 'Next',
      facts: [
        ['try it', `cd ${dir} && npm install && npm test`],
        ['use it', `plugins: ['${dir}/src/index.ts'] in trestle.config.ts`],
        ['then', `trestle ${plugin} greet Ada`],
      ],
    },
  ],
});
