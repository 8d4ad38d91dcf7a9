import { resource } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';
import { modelNameSchema, movedAliasSchema } from './schemas.ts';

/** What callers have to know, one note each. */
const differing = (differs: readonly string[] = []): View[] =>
  differs.map((text) => ({ kind: 'note', tone: 'warn', text }));

const aliasSchema = z.string().max(100).describe('The alias, such as champion.');

export const modelPromote = operation({
  id: 'model.promote',
  summary: 'Point an alias at a version that verifies; deployments that follow the alias change with it.',
  kind: 'command',
  access: 'registry:promote',
  resource: ({ name }) => resource('model', name),
  positionals: ['name', 'version'],
  examples: ['trestle model promote strikes 2 --alias champion'],
  input: z.object({
    name: modelNameSchema.describe('Model.'),
    version: z.coerce.number().int().min(1).describe('Version.'),
    alias: aliasSchema,
  }),
  output: movedAliasSchema,
  load: async () => {
    const { promoteModel } = await import('../alias/move-alias.ts');
    const { withDifferences } = await import('../alias/with-differences.ts');
    return async (ctx, target) => await withDifferences(ctx, await promoteModel(ctx, ctx, target));
  },
  present: (moved) => [
    {
      kind: 'note',
      tone: 'good',
      text: `${moved.name}@${moved.version} is "${moved.alias}"${
        moved.previous === null || moved.previous === moved.version
          ? ''
          : `, which was version ${moved.previous}`
      }.`,
    },
    ...differing(moved.differs),
  ],
});

export const modelRollback = operation({
  id: 'model.rollback',
  summary: 'Return an alias to the version that had it before.',
  kind: 'command',
  access: 'registry:promote',
  resource: ({ name }) => resource('model', name),
  positionals: ['name'],
  examples: ['trestle model rollback strikes --alias champion'],
  input: z.object({ name: modelNameSchema.describe('Model.'), alias: aliasSchema }),
  output: movedAliasSchema,
  load: async () => {
    const { rollBackAlias } = await import('../alias/move-alias.ts');
    const { withDifferences } = await import('../alias/with-differences.ts');
    return async (ctx, target) => await withDifferences(ctx, await rollBackAlias(ctx, ctx, target));
  },
  present: (moved) => [
    {
      kind: 'note',
      tone: 'good',
      text: `"${moved.alias}" of ${moved.name} returned from version ${moved.previous} to ${moved.version}.`,
    },
    ...differing(moved.differs),
  ],
});
