import { NAME_PATTERN, resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const dataTag = operation({
  id: 'data.tag',
  summary: 'Name a version: N@TAG then means it, until the tag moves.',
  kind: 'command',
  access: 'data:write',
  resource: ({ name }) => resource('dataset', name),
  positionals: ['name', 'tag'],
  input: z.object({
    name: z.string().describe('Dataset, or dataset@version.'),
    tag: z
      .string()
      .regex(NAME_PATTERN, 'use letters, digits, dots, dashes and underscores')
      .refine((tag) => !/^\d+$/.test(tag) && tag !== 'latest', 'a number and "latest" mean versions already')
      .describe('The name, for example "gold".'),
  }),
  output: z.object({
    dataset: z.string(),
    version: z.number(),
    tag: z.string(),
    /** The version that had the tag before. */
    previous: z.number().nullable(),
  }),
  load: async () => (await import('./tag-handler.ts')).tagVersion,
  present: ({ dataset, version, tag, previous }) => [
    {
      kind: 'note',
      tone: 'good',
      text: `${dataset}@${tag} is version ${version}${previous === null || previous === version ? '' : ` (it was ${previous})`}.`,
    },
  ],
});
