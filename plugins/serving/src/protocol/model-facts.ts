import type { Context } from '@trestle/kernel';
import { DATATYPES } from '../exchange/open-inference-schema.ts';
import { inferencePoolToken } from '../inference/inference-pool-token.ts';
import type { ModelFacts } from '../inference/model-watch.ts';
import { servingConfig } from '../serving-config.ts';
import { findModel, modelMetadata, type Named } from './inference-service.ts';

const NS_PER_MS = 1e6;
const duration = (count: number, ms: number) => ({ count, ns: Math.round(ms * NS_PER_MS) });

/** What a version of a deployment did in this process (Triton's extension_statistics.md). */
export async function modelStatistics(ctx: Context, named: Named) {
  const { deployment, model } = await findModel(ctx, named);
  const { models } = (await ctx.service(inferencePoolToken)).stats();
  const found = models.find((one) => one.deployment === deployment && one.version === model.version);
  return { model_stats: [statisticsOf(found ?? nothing(deployment, model.version, model.digest))] };
}

const statisticsOf = (facts: ModelFacts) => ({
  name: facts.deployment,
  version: String(facts.version),
  last_inference: facts.lastAt ?? 0,
  inference_count: facts.rows,
  execution_count: facts.calls,
  inference_stats: {
    success: duration(facts.answered, facts.waitedMs + facts.ranMs),
    fail: duration(facts.refused + facts.failed, 0),
    queue: duration(facts.tasks, facts.waitedMs),
    // Reading and writing tensors is a part of it: it is done where the model runs.
    compute_infer: duration(facts.calls, facts.ranMs),
  },
});

const nothing = (deployment: string, version: number, digest: string): ModelFacts => ({
  ...{ deployment, version, digest, answered: 0, refused: 0, failed: 0, overloaded: 0, rows: 0, calls: 0 },
  ...{ tasks: 0 },
  ...{ waitedMs: 0, ranMs: 0, lastAt: undefined, threads: 0, bytes: 0, setAsideUntil: undefined },
});

/** Triton's names of datatypes (model_config.proto). */
const configType = (datatype: string): string =>
  datatype === DATATYPES.string ? 'TYPE_STRING' : `TYPE_${datatype}`;

/** How a deployment is served (Triton's extension_model_configuration.md). */
export async function modelConfiguration(ctx: Context, named: Named) {
  const { name, platform, inputs, outputs, isBatched } = await modelMetadata(ctx, named);
  const config = ctx.config(servingConfig);
  const own = Object.hasOwn(config.deployments, name) ? config.deployments[name] : undefined;
  // Where rows may come together, Triton leaves their number out of the shapes.
  const tensor = ({ name, datatype, shape }: (typeof inputs)[number]) => ({
    name,
    data_type: configType(datatype),
    dims: isBatched ? shape.slice(1) : shape,
  });
  return {
    name,
    platform,
    backend: 'trestle',
    max_batch_size: isBatched ? config.maxRows : 0,
    input: inputs.map(tensor),
    output: outputs.map(tensor),
    instance_group: [{ kind: 'KIND_CPU', count: own?.maxConcurrency ?? config.workers }],
    ...(isBatched
      ? {
          dynamic_batching: {
            max_queue_delay_microseconds: Math.round((own?.maxDelayMs ?? config.maxDelayMs) * 1_000),
          },
        }
      : {}),
  };
}
