import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { modelReferenceSchema } from './schemas.ts';

export const modelExport = operation({
  id: 'model.export',
  summary: 'Write a model version to a file, for use elsewhere.',
  kind: 'command',
  access: 'registry:read',
  resource: ({ model }) => resource('model', model),
  positionals: ['model'],
  examples: [
    'trestle model export strikes@champion --format onnx --out strikes.onnx',
    'trestle model export strikes@champion --format oci --out strikes.tar',
  ],
  input: z.object({
    model: modelReferenceSchema,
    format: z
      .string()
      .max(100)
      .default('onnx')
      .describe(
        'onnx is the whole package in one file, which any ONNX runtime runs; folder has card, schema and examples beside it; npm is a typed package; oci an image of a server with it; or of a plugin.',
      ),
    option: z
      .array(z.string().max(4_096))
      .max(50)
      .optional()
      .describe('NAME=VALUE: an option of the format.'),
    out: z.string().describe('Where to write it.'),
  }),
  output: z.object({
    name: z.string(),
    version: z.number().int(),
    path: z.string(),
    digest: z
      .string()
      .describe(
        'SHA-256 (hex) of what was written; of an image that of its manifest, of a folder that of the package in it.',
      ),
    bytes: z.number().int(),
  }),
  load: async () => (await import('./export-handler.ts')).exportModel,
  present: ({ name, version, path, digest, bytes }) => [
    { kind: 'note', tone: 'good', text: `${name}@${version} is in ${path}.` },
    {
      kind: 'facts',
      facts: [
        ['digest', digest],
        ['bytes', bytes],
      ],
    },
  ],
});
