import { createHash } from 'node:crypto';
import {
  type Datasets,
  type DatasetVersion,
  type Deployment,
  datasetsToken,
  deploymentsToken,
  type ModelVersion,
  modelsToken,
  type Run,
  type TableSketch,
  type Training,
  type TrainingSpec,
  trainingSpecSchema,
  trainingToken,
} from '@trestle/contracts';
import { errorFactory, plugin, provide } from '@trestle/kernel';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { rocAuc } from '@trestle/statistics';
import type { DriftReference } from './drift/reference.ts';
import { type ModelFacts, modelFactsToken } from './model-facts.ts';
import { monitoringPlugin } from './monitoring-plugin.ts';

// The plugins that monitoring works with, as small as their contracts allow, in memory. The model is a real one: the
// share of "yes" per value of the feature `kind`.

export type Row = Readonly<Record<string, unknown>>;
const unknown = errorFactory('TEST');
const missing = (what: string) => unknown('UNKNOWN', { kind: 'not-found', message: `no ${what}` });

export interface World {
  readonly datasets: Map<string, { readonly version: DatasetVersion; readonly rows: readonly Row[] }[]>;
  readonly models: { version: ModelVersion; readonly bytes: Uint8Array }[];
  readonly runs: Map<string, { readonly run: Run; readonly bytes: Uint8Array }>;
  readonly deployments: Map<string, Deployment>;
  readonly references: Map<string, DriftReference>;
  /** What the neighbours were asked to do, in order. */
  readonly calls: string[];
  /** Throws at the named call, once: a crash in the middle. */
  crashAt: string | undefined;
  /** Refuses at the named call, once: the data is not to be worked with. */
  refuseAt: string | undefined;
}

export const newWorld = (): World => ({
  datasets: new Map(),
  models: [],
  runs: new Map(),
  deployments: new Map(),
  references: new Map(),
  calls: [],
  crashAt: undefined,
  refuseAt: undefined,
});

function called(world: World, call: string): void {
  world.calls.push(call);
  if (world.refuseAt === call) {
    world.refuseAt = undefined;
    throw unknown('REFUSED', { kind: 'invalid', message: `refused at ${call}` });
  }
  if (world.crashAt !== call) return;
  world.crashAt = undefined;
  throw new Error(`crash at ${call}`);
}

type Rates = Record<string, number>;
const ratesOf = (bytes: Uint8Array): Rates => JSON.parse(new TextDecoder().decode(bytes));
export const probability = (rates: Rates, row: Row): number => rates[String(row.kind)] ?? 0.5;

function fit(rows: readonly Row[]): Uint8Array {
  const counts = new Map<string, [yes: number, all: number]>();
  for (const row of rows) {
    const [yes, all] = counts.get(String(row.kind)) ?? [0, 0];
    counts.set(String(row.kind), [yes + (row.damaged === 'yes' ? 1 : 0), all + 1]);
  }
  const rates = Object.fromEntries([...counts].map(([kind, [yes, all]]) => [kind, (yes + 1) / (all + 2)]));
  return new TextEncoder().encode(JSON.stringify(rates));
}

const evaluate = (bytes: Uint8Array, rows: readonly Row[]): Record<string, number> => ({
  rocAuc: rocAuc(
    rows.map((row) => (row.damaged === 'yes' ? 1 : 0)),
    rows.map((row) => probability(ratesOf(bytes), row)),
  ),
});

/** The latest share of the rows with a time column, a scattered one without. */
function heldOut(
  rows: readonly Row[],
  spec: Pick<TrainingSpec, 'test' | 'timeColumn'>,
): [rest: readonly Row[], held: readonly Row[]] {
  // Fibonacci hashing scatters the positions.
  const keyed = rows.map((row, k) => ({
    row,
    key: spec.timeColumn ? String(row.time) : ((k + 1) * 0.618034) % 1,
  }));
  const sorted = keyed.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map((each) => each.row);
  const cut = sorted.length - Math.round(sorted.length * spec.test);
  return [sorted.slice(0, cut), sorted.slice(cut)];
}

export function addDataset(
  world: World,
  name: string,
  rows: readonly Row[],
  source = 'test',
): DatasetVersion {
  const versions = world.datasets.get(name) ?? [];
  const columns = ['kind', 'speed', 'time', 'damaged'].map((column) => ({
    name: column,
    type:
      column === 'speed'
        ? ('number' as const)
        : column === 'time'
          ? ('timestamp' as const)
          : ('string' as const),
    nulls: 0,
  }));
  const version: DatasetVersion = {
    dataset: name,
    version: versions.length + 1,
    digest: 'd',
    rows: rows.length,
    columns,
    createdAt: new Date().toISOString(),
    source,
  };
  world.datasets.set(name, [...versions, { version, rows }]);
  return version;
}

const find = (world: World, reference: string) => {
  const [name = '', version] = reference.split('@');
  const versions = world.datasets.get(name) ?? [];
  const found = version === undefined ? versions.at(-1) : versions[Number(version) - 1];
  if (!found) throw missing(reference);
  return found;
};

/** As the data plugin makes it, of the columns that are features. */
function sketchOf(rows: readonly Row[]): TableSketch {
  const counts = (name: string): Map<string, number> => {
    const found = new Map<string, number>();
    for (const row of rows) found.set(String(row[name]), (found.get(String(row[name])) ?? 0) + 1);
    return found;
  };
  const common = { count: rows.length, nulls: 0, min: null, max: null, moments: null, untold: 0 };
  const rest = { ...common, registers: null, lengths: null, forms: null };
  const speeds = rows.map((row) => Number(row.speed)).sort((a, b) => a - b);
  const kinds = [...counts('kind')];
  return {
    rows: rows.length,
    columns: [
      {
        ...rest,
        name: 'speed',
        type: 'number',
        distinct: rows.length,
        values: [],
        points: { values: speeds, below: speeds.map((_, index) => index + 1) },
      },
      {
        ...rest,
        name: 'kind',
        type: 'string',
        distinct: kinds.length,
        values: kinds.map(([value, count]) => [value, count, 0]),
        points: null,
      },
    ],
    pairs: [],
  };
}

const datasetsOf = (world: World): Datasets => ({
  resolve: async (reference) => find(world, reference).version,
  sketch: async (reference) => sketchOf(find(world, reference).rows),
  leaks: async () => [],
  // biome-ignore lint/correctness/useYield: monitoring reads no dataset
  async *read() {
    throw missing('reader');
  },
  // biome-ignore lint/correctness/useYield: nor does it load one for training
  async *load() {
    throw missing('reader');
  },
  // biome-ignore lint/correctness/useYield: nor a file
  async *readFile() {
    throw missing('reader');
  },
  async retire(_actor, reference) {
    called(world, `retire ${reference}`);
    const { version } = find(world, reference);
    const kept = (world.datasets.get(version.dataset) ?? []).filter((one) => one.version !== version);
    if (kept.length === 0) world.datasets.delete(version.dataset);
    else world.datasets.set(version.dataset, kept);
  },
  async addRows(_actor, options) {
    called(world, `addRows ${options.name}`);
    const rows = options.appendTo === undefined ? [] : [...find(world, options.appendTo).rows];
    for await (const row of options.rows) rows.push(row);
    const version = addDataset(world, options.name, rows, options.source);
    called(world, `added ${options.name}`);
    return version;
  },
});

export async function train(world: World, spec: TrainingSpec): Promise<Run> {
  called(world, 'train');
  const { version, rows } = find(world, spec.data);
  const [rest, held] = heldOut(rows, spec);
  const bytes = fit(rest);
  const run: Run = {
    run: `r-${world.runs.size + 1}`,
    status: 'succeeded',
    spec,
    task: 'binary',
    dataset: `${version.dataset}@${version.version}`,
    metrics: { test: evaluate(bytes, held) },
    candidates: [],
    notes: [],
    curves: {},
    environment: {},
    startedAt: new Date().toISOString(),
  };
  world.runs.set(run.run, { run, bytes });
  return run;
}

const trainingOf = (world: World): Training => {
  const get = (id: string) => {
    const found = world.runs.get(id);
    if (!found) throw missing(id);
    return found;
  };
  return {
    train: async (_ctx, spec) => await train(world, trainingSpecSchema.parse(spec)),
    run: async (id) => get(id).run,
    modelBytes: async (run) => get(run.run).bytes,
    async compare(_ctx, { models, spec }) {
      called(world, 'compare');
      const { rows } = find(world, spec.data);
      if (spec.group !== undefined && !rows.some((row) => spec.group !== undefined && spec.group in row))
        throw new Error(`no column ${spec.group}`);
      const [, held] = heldOut(rows, spec);
      return { rows: held.length, metrics: models.map((bytes) => evaluate(bytes, held)) };
    },
  };
};

export function register(world: World, name: string, bytes: Uint8Array): ModelVersion {
  const digest = createHash('sha256').update(bytes).digest('hex');
  const same = world.models.find((each) => each.version.digest === digest);
  if (same) return same.version;
  const made = [...world.runs.values()].find((each) => each.bytes === bytes)?.run;
  const version: ModelVersion = {
    name,
    version: world.models.length + 1,
    digest,
    aliases: [],
    task: 'binary',
    metrics: made?.metrics.test ?? {},
    createdAt: new Date().toISOString(),
    ...(made ? { run: made.run } : {}),
  };
  world.models.push({ version, bytes });
  return version;
}

export function promote(world: World, version: number, alias: string): void {
  for (const model of world.models) {
    const others = model.version.aliases.filter((each) => each !== alias);
    const aliases = model.version.version === version ? [...others, alias] : others;
    model.version = { ...model.version, aliases };
  }
  for (const deployment of world.deployments.values()) {
    if (deployment.follows !== alias) continue;
    const { digest } = world.models[version - 1]?.version ?? { digest: '' };
    world.deployments.set(deployment.deployment, {
      ...deployment,
      revision: deployment.revision + 1,
      model: { name: deployment.model.name, version, digest },
    });
  }
}

export function deploy(world: World, deployment: string, model: ModelVersion, follows?: string): void {
  world.deployments.set(deployment, {
    deployment,
    revision: 1,
    model: { name: model.name, version: model.version, digest: model.digest },
    strategy: 'immediate',
    traffic: [{ model: model.name, version: model.version, percent: 100 }],
    createdAt: new Date().toISOString(),
    ...(follows === undefined ? {} : { follows }),
  });
}

const factsOf = (world: World, version: number): ModelFacts => ({
  task: 'binary',
  classes: ['no', 'yes'],
  reference: world.references.get(`v${version}`),
});

/** The monitoring plugin among neighbours in memory. */
export function pluginsOf(world: World) {
  const neighbours = plugin({
    name: 'neighbours',
    version: '1.0.0',
    services: [
      provide(datasetsToken, () => datasetsOf(world)),
      provide(trainingToken, () => trainingOf(world)),
      provide(modelsToken, () => ({
        async resolve(reference) {
          const selector = reference.split('@')[1] ?? '';
          const found = world.models.find(
            ({ version }) => String(version.version) === selector || version.aliases.includes(selector),
          );
          if (!found) throw missing(reference);
          return found.version;
        },
        bytes: async (model) => world.models[model.version - 1]?.bytes ?? new Uint8Array(),
        refusal: async () => undefined,
        async register(_actor, { name, bytes }) {
          called(world, 'register');
          return register(world, name, bytes);
        },
        async promote(_actor, { version, alias }) {
          promote(world, version, alias);
          called(world, `promote ${alias}`);
          return { previous: null };
        },
      })),
      provide(deploymentsToken, () => ({
        list: async () => [...world.deployments.values()],
        async get(name) {
          const found = world.deployments.get(name);
          if (!found) throw missing(`deployment ${name}`);
          return found;
        },
      })),
    ],
  });
  const monitoring = {
    ...monitoringPlugin,
    services: [
      ...monitoringPlugin.services.filter((service) => service.token.name !== modelFactsToken.name),
      provide(modelFactsToken, () => ({ of: async (model) => factsOf(world, model.version) })),
    ],
  };
  return [neighbours, trackingPlugin, monitoring];
}
