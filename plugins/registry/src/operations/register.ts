import { modelVersionSchema } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { modelNameSchema, valueSchema } from './schemas.ts';

export const modelRegister = operation({
  id: 'model.register',
  summary: 'Register an ONNX file, or the model of a run, as the next version of a model.',
  kind: 'command',
  access: 'registry:write',
  beginsProject: true,
  positionals: ['file'],
  examples: [
    'trestle model register classifier.onnx --name flowers',
    'trestle model register --run r-wwa75mv2d5 --name strikes',
  ],
  input: z.object({
    file: z.string().optional().describe('An ONNX file, from any framework.'),
    run: z.string().optional().describe('A finished run, instead of a file.'),
    name: modelNameSchema.describe('The model’s name.'),
  }),
  output: modelVersionSchema.extend({ inputs: z.array(valueSchema), outputs: z.array(valueSchema) }),
  load: async () => (await import('./register-handler.ts')).registerFileOrRun,
  present: (model) => [
    { kind: 'note', tone: 'good', text: `${model.name}@${model.version} is registered.` },
    {
      kind: 'facts',
      facts: [
        ['digest', model.digest],
        [
          'inputs',
          model.inputs.map((input) => `${input.name} ${input.type}[${input.dims.join(', ')}]`).join('; '),
        ],
        ['outputs', model.outputs.map((out) => `${out.name} ${out.type}[${out.dims.join(', ')}]`).join('; ')],
      ],
    },
  ],
});
