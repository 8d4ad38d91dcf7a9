import { type Panel, panelSchema, panels } from '@trestle/contracts';
import { operation, type Plugin, pluginsToken } from '@trestle/kernel';
import { z } from 'zod';
import { systemError } from '../system-error.ts';

/** The pages and panels that plugins add to the Studio. */
export const panelList = operation({
  id: 'panel.list',
  summary: 'List the pages and panels that plugins add to the Studio.',
  kind: 'query',
  access: 'system:read',
  input: z.object({}),
  output: z.object({ panels: z.array(panelSchema) }),
  load: async () => async (ctx) => ({
    panels: checked(await ctx.service(pluginsToken), ctx.extensions(panels)),
  }),
  present: ({ panels: all }) => [
    {
      kind: 'table',
      columns: [
        { key: 'name', label: 'panel' },
        { key: 'title', label: 'title' },
        { key: 'on', label: 'on' },
        { key: 'operation', label: 'shows' },
      ],
      rows: all.map(({ name, title, on, operation: shows }) => ({ name, title, on, operation: shows })),
    },
  ],
});

/** @throws TRS_SYSTEM_PANEL_INVALID naming the first panel that cannot be shown */
function checked(plugins: readonly Plugin[], contributed: readonly unknown[]): Panel[] {
  const operations = new Map(
    plugins.flatMap((plugin) => plugin.operations ?? []).map((one) => [one.id, one]),
  );
  const names = new Set<string>();
  return contributed.map((value, index) => {
    const parsed = panelSchema.safeParse(value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw unusable(`number ${index + 1}`, `"${issue?.path.join('.')}": ${issue?.message}`);
    }
    const panel = parsed.data;
    const shows = operations.get(panel.operation);
    if (names.has(panel.name)) throw unusable(`"${panel.name}"`, 'another one has its name');
    if (!shows) throw unusable(`"${panel.name}"`, `there is no operation "${panel.operation}"`);
    if (shows.kind !== 'query') throw unusable(`"${panel.name}"`, `"${panel.operation}" is no query`);
    if (!shows.present) throw unusable(`"${panel.name}"`, `"${panel.operation}" presents no views`);
    names.add(panel.name);
    return panel;
  });
}

const unusable = (panel: string, reason: string) =>
  systemError('PANEL_INVALID', {
    kind: 'invalid',
    message: `The Studio's panel ${panel} cannot be shown: ${reason}.`,
    hint: 'Correct the plugin that contributes it to "studio.panels".',
  });
