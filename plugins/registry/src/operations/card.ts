import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { modelReferenceSchema } from './schemas.ts';

export const modelCard = operation({
  id: 'model.card',
  summary: 'Print the card of a model version: what it was trained on, how good it is, and its limits.',
  kind: 'query',
  access: 'registry:read',
  resource: ({ model }) => resource('model', model),
  positionals: ['model'],
  examples: ['trestle model card strikes@champion', 'trestle model card strikes@3 > card.md'],
  input: z.object({ model: modelReferenceSchema }),
  output: z.object({
    name: z.string(),
    version: z.number().int(),
    card: z.string().describe('Markdown; empty when the package has none.'),
  }),
  load: async () => (await import('./card-handler.ts')).readCard,
  present: ({ name, version, card }) => [
    card === ''
      ? {
          kind: 'note',
          tone: 'info',
          text: `${name}@${version} has no card: it came from elsewhere, without one.`,
        }
      : { kind: 'text', text: card.trimEnd() },
  ],
});
