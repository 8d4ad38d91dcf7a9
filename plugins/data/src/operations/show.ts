import { datasetVersionSchema, resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { keptCheckSchema } from '../expectation/kept-checks.ts';

export const dataShow = operation({
  id: 'data.show',
  summary: "Show a version's columns and where it came from.",
  kind: 'query',
  access: 'data:read',
  resource: ({ name }) => resource('dataset', name),
  positionals: ['name'],
  input: z.object({ name: z.string().describe('Dataset, or dataset@version.') }),
  output: datasetVersionSchema.extend({
    /** Names of it, beside its number. */
    tags: z.array(z.string()),
    /** What was guessed of its source when it was added, or could not be kept as it was. */
    notes: z.array(z.string()),
    /** What suites found, without the failing rows. */
    checks: z.array(keptCheckSchema),
    /** Rows that were erased from it since: it is not what it was. */
    erasures: z.array(z.object({ erasure: z.string(), at: z.string(), rows: z.number() })),
  }),
  load: async () => {
    const { checksOf } = await import('../expectation/kept-checks.ts');
    const { erasuresOf, notesOf, resolveVersion, tagsOf } = await import('../version/versions.ts');
    return async (ctx, { name }) => {
      const version = await resolveVersion(ctx, name);
      const erasures = [...(await erasuresOf(ctx, version))];
      const tags = [...(await tagsOf(ctx, version))];
      const notes = [...(await notesOf(ctx, version))];
      return { ...version, tags, notes, checks: await checksOf(ctx, version), erasures };
    };
  },
  present: (version) => [
    {
      kind: 'facts',
      title: `${version.dataset}@${version.version}`,
      facts: [
        ['rows', version.rows],
        ['digest', version.digest],
        ['source', version.source],
        ['added', version.createdAt],
        ['tags', version.tags.join(', ') || 'none'],
      ],
    },
    ...version.notes.map((text) => ({ kind: 'note' as const, tone: 'warn' as const, text })),
    ...version.checks.map(({ checkedAt, passed, results }) => ({
      kind: 'note' as const,
      tone: passed ? ('good' as const) : ('bad' as const),
      text: `${results.filter((one) => one.passed).length} of ${results.length} expectations held at ${checkedAt}.`,
    })),
    ...version.erasures.map(({ erasure, at, rows }) => ({
      kind: 'note' as const,
      tone: 'info' as const,
      text: `${rows} rows were erased from it at ${at} (${erasure}).`,
    })),
    {
      kind: 'table',
      columns: [
        { key: 'name', label: 'column' },
        { key: 'type', label: 'type' },
        { key: 'nulls', label: 'missing' },
        ...(version.columns.some(({ about }) => about) ? [{ key: 'about', label: 'a fact of' }] : []),
      ],
      rows: version.columns,
    },
  ],
});
