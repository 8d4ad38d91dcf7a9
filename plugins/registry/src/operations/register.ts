import { modelVersionSchema, resources } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { originSchema } from '@trestle/model/metadata';
import { z } from 'zod';
import { modelNameSchema, originFacts, valueSchema } from './schemas.ts';

export const modelRegister = operation({
  id: 'model.register',
  summary: 'Register a model of any framework, or the model of a run, as the next version of a model.',
  kind: 'command',
  access: 'registry:write',
  resource: ({ name, run }) => resources({ model: name, run }),
  beginsProject: true,
  positionals: ['file'],
  examples: [
    'trestle model register classifier.onnx --name flowers',
    'trestle model register xgboost.json --name churn --examples expected.csv',
    'trestle model register mlruns/0/…/artifacts/model --name churn',
    'trestle model register --run r-wwa75mv2d5 --name strikes',
  ],
  input: z.object({
    file: z
      .string()
      .optional()
      .describe(
        'An ONNX file or a folder with one, a model of XGBoost (JSON, UBJSON) or LightGBM (text), a folder of MLflow or Hugging Face.',
      ),
    run: z.string().optional().describe('A finished run, instead of a file.'),
    examples: z
      .string()
      .optional()
      .describe(
        'Rows to verify it by (CSV, JSON, JSON lines …); columns that are no features are what it must answer.',
      ),
    name: modelNameSchema.describe('The model’s name.'),
  }),
  output: modelVersionSchema.extend({
    inputs: z.array(valueSchema),
    outputs: z.array(valueSchema),
    origin: originSchema.nullable().describe('Where a model that was made elsewhere comes from.'),
  }),
  load: async () => (await import('./register-handler.ts')).registerFileOrRun,
  present: (model) => [
    { kind: 'note', tone: 'good', text: `${model.name}@${model.version} is registered.` },
    {
      kind: 'facts',
      facts: [
        ['digest', model.digest],
        ...originFacts(model.origin),
        [
          'inputs',
          model.inputs.map((input) => `${input.name} ${input.type}[${input.dims.join(', ')}]`).join('; '),
        ],
        ['outputs', model.outputs.map((out) => `${out.name} ${out.type}[${out.dims.join(', ')}]`).join('; ')],
      ],
    },
    ...(model.origin?.notes ?? []).map((text) => ({ kind: 'note' as const, tone: 'warn' as const, text })),
  ],
});
