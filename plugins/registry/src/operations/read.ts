import { type ModelVersion, modelVersionSchema, resource } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { featureSchema, originSchema } from '@trestle/model/metadata';
import { z } from 'zod';
import { modelReferenceSchema, originFacts, valueSchema } from './schemas.ts';

const versionTable = (title: string, models: readonly ModelVersion[]): View => ({
  kind: 'table',
  title,
  columns: [
    { key: 'model', label: 'model' },
    { key: 'aliases', label: 'aliases' },
    { key: 'estimator', label: 'estimator' },
    { key: 'metrics', label: 'held out' },
    { key: 'run', label: 'run' },
    { key: 'createdAt', label: 'registered' },
  ],
  rows: models.map((model) => ({
    model: `${model.name}@${model.version}`,
    aliases: model.aliases.join(', '),
    estimator: model.estimator,
    metrics:
      model.unreadable === undefined
        ? Object.entries(model.metrics)
            .slice(0, 2)
            .map(([name, value]) => `${name} ${value?.toFixed(3) ?? 'no number'}`)
            .join(', ')
        : `unreadable: ${model.unreadable}`,
    run: model.run,
    createdAt: model.createdAt,
  })),
});

export const modelList = operation({
  id: 'model.list',
  summary: 'List registered models and their versions.',
  kind: 'query',
  access: 'registry:read',
  input: z.object({}),
  output: z.object({ models: z.array(modelVersionSchema) }),
  load: async () => {
    const { listModels } = await import('../version/versions.ts');
    return async (ctx) => ({ models: [...(await listModels(ctx))] });
  },
  present: ({ models }) => [versionTable('Models', models)],
});

const moveSchema = z.object({
  alias: z.string(),
  kind: z.enum(['promoted', 'rolled-back']),
  version: z.number(),
  previous: z.number().nullable(),
  actor: z.string(),
  time: z.string(),
});

export const modelShow = operation({
  id: 'model.show',
  summary: 'Show a model version: what it takes, how good it is, its card, and how its aliases moved.',
  kind: 'query',
  access: 'registry:read',
  resource: ({ model }) => resource('model', model),
  positionals: ['model'],
  examples: ['trestle model show strikes@champion'],
  input: z.object({ model: modelReferenceSchema }),
  output: modelVersionSchema.extend({
    features: z.array(featureSchema),
    inputs: z.array(valueSchema),
    outputs: z.array(valueSchema),
    classes: z.array(z.string()),
    card: z.string(),
    origin: originSchema.nullable(),
    versions: z.array(modelVersionSchema),
    moves: z.array(moveSchema),
  }),
  load: async () => (await import('./show-handler.ts')).showModel,
  present: (model) => [
    {
      kind: 'facts',
      title: `${model.name}@${model.version}`,
      facts: [
        ['aliases', model.aliases.join(', ') || null],
        ['task', model.task ?? null],
        ['estimator', model.estimator ?? null],
        ['run', model.run ?? null],
        ['dataset', model.dataset ?? null],
        ['digest', model.digest],
        ...originFacts(model.origin),
        ['classes', model.classes.join(', ') || null],
      ],
    },
    {
      kind: 'table',
      title: 'Features',
      columns: [
        { key: 'name', label: 'feature' },
        { key: 'type', label: 'type' },
        { key: 'nullable', label: 'may be missing' },
      ],
      rows: model.features.map(({ name, type, nullable, image, tensor }) => ({
        name,
        type: image
          ? `image, ${image.height} x ${image.width} x ${image.channels}`
          : tensor
            ? `${tensor.type}[${tensor.dims.join(', ')}]`
            : type,
        nullable,
      })),
    },
    {
      kind: 'bars',
      title: 'Held-out metrics',
      bars: Object.entries(model.metrics).flatMap(([label, value]) =>
        value === null ? [] : [{ label, value }],
      ),
    },
    versionTable('Versions', model.versions),
    {
      kind: 'table',
      title: 'Aliases, as they moved',
      columns: [
        { key: 'time', label: 'time' },
        { key: 'alias', label: 'alias' },
        { key: 'kind', label: 'move' },
        { key: 'previous', label: 'from', align: 'right' },
        { key: 'version', label: 'to', align: 'right' },
        { key: 'actor', label: 'by' },
      ],
      rows: model.moves,
    },
  ],
});

export const modelVerify = operation({
  id: 'model.verify',
  summary: 'Replay the golden examples of a model version and check its digest; exit code 3 when it fails.',
  kind: 'query',
  access: 'registry:read',
  resource: ({ model }) => resource('model', model),
  positionals: ['model'],
  examples: ['trestle model verify strikes@3'],
  input: z.object({ model: modelReferenceSchema }),
  output: z.object({
    name: z.string(),
    version: z.number(),
    verified: z.boolean(),
    checks: z.array(z.object({ name: z.string(), passed: z.boolean(), detail: z.string() })),
  }),
  load: async () => {
    const { resolveModel } = await import('../version/versions.ts');
    const { verifyModel } = await import('../version/verify.ts');
    return async (ctx, input) => {
      const model = await resolveModel(ctx, input.model);
      const { verified, checks } = await verifyModel(ctx, model);
      return { name: model.name, version: model.version, verified, checks: [...checks] };
    };
  },
  verdict: (result) => result.verified,
  present: (result) => [
    {
      kind: 'note',
      tone: result.verified ? 'good' : 'bad',
      text: `${result.name}@${result.version} ${result.verified ? 'is verified.' : 'is NOT verified.'}`,
    },
    {
      kind: 'table',
      columns: [
        { key: 'name', label: 'check' },
        { key: 'passed', label: 'passed' },
        { key: 'detail', label: '' },
      ],
      rows: result.checks,
    },
  ],
});
