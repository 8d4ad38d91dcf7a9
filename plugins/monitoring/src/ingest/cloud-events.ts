import type { LoggedPrediction } from '@trestle/contracts';
import type { Context, RouteRequest } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { z } from 'zod';
import { modelFactsToken } from '../model-facts.ts';
import { monitoringConfig } from '../rules/monitoring-config.ts';
import type { MonitoringTables } from '../tables.ts';
import type { Watched } from '../watched.ts';
import type { IngestResult } from './ingest-result.ts';
import { keepRecords, refuseAhead } from './keep-logged.ts';
import { invalid, outputOf, parsed, timeSchema } from './read-logged.ts';

const STRUCTURED = 'application/cloudevents+json';
const KINDS: Readonly<Record<string, 'request' | 'response'>> = {
  'org.kubeflow.serving.inference.request': 'request',
  'org.kubeflow.serving.inference.response': 'response',
};

export const isEvent = (type: string, headers: RouteRequest['headers']): boolean =>
  type === STRUCTURED || headers.has('ce-type');

const eventSchema = z.object({
  id: z.string().min(1).max(200),
  type: z.string(),
  time: timeSchema.optional(),
  data: z.unknown(),
});
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const row = z.union([z.record(z.string(), scalar), z.array(scalar), scalar]);
const tensor = z.object({
  name: z.string(),
  shape: z.array(z.number().int()).optional(),
  data: z.array(scalar),
});
const requestSchema = z.union([
  z.object({ instances: z.array(row).min(1).max(20_000) }),
  z.object({ inputs: z.array(tensor).min(1) }),
]);
const said = z.union([
  z.number(),
  z.string(),
  z.boolean(),
  z.array(z.number()),
  z.record(z.string(), z.unknown()),
]);
const responseSchema = z.union([
  z.object({ predictions: z.array(said).min(1) }),
  z.object({ outputs: z.array(tensor).min(1) }),
]);

/**
 * Takes one of the two events that KServe's logger sends of an inference, in CloudEvents' binary or structured mode: the request or the
 * response. Whichever comes first waits for the other; the id of the event is the id of the prediction.
 */
export async function entriesOfEvents(
  ctx: Context,
  watched: Watched,
  type: string,
  headers: RouteRequest['headers'],
  text: string,
): Promise<IngestResult & { readonly waiting: number }> {
  const event =
    type === STRUCTURED
      ? eventSchema.safeParse(parsed(text, 'the event'))
      : eventSchema.safeParse({
          id: headers.get('ce-id'),
          type: headers.get('ce-type'),
          ...(headers.has('ce-time') ? { time: headers.get('ce-time') } : {}),
          data: parsed(text, 'the body of the event'),
        });
  if (!event.success)
    throw invalid('the event', 'it needs an id, a type, its data, and a time that is one where it has one');
  const { id, type: kindName, data } = event.data;
  const now = Date.now();
  const at = event.data.time === undefined ? now : Date.parse(event.data.time);
  refuseAhead(at, now, `the event ${id}`);
  const time = new Date(at).toISOString();
  const kind = KINDS[kindName];
  if (kind === undefined)
    throw invalid('ce-type', `"${kindName}" is not known; there are ${Object.keys(KINDS).join(', ')}`);
  // Checked before it waits: what cannot be read is refused to whoever sent it.
  const names = ctx.config(monitoringConfig).monitors[watched.deployment]?.features;
  const mine = kind === 'request' ? inputsOf(data, names) : outputsOf(data);
  const metadata = await ctx.service(metadataToken);
  const other = await metadata.write<MonitoringTables, string | undefined>(async (db) => {
    const found = await db
      .selectFrom('monitoring_halves')
      .select('body')
      .where('deployment', '=', watched.deployment)
      .where('id', '=', id)
      .where('kind', '!=', kind)
      .executeTakeFirst();
    if (found) return found.body;
    await db
      .insertInto('monitoring_halves')
      .values({ deployment: watched.deployment, id, kind, body: JSON.stringify(data), time })
      .onConflict((conflict) => conflict.columns(['deployment', 'id', 'kind']).doNothing())
      .execute();
    return undefined;
  });
  if (other === undefined)
    return { deployment: watched.deployment, rows: 0, added: 0, duplicates: 0, labelled: 0, waiting: 1 };
  const theirs = parsed(other, 'the other event');
  const inputs = kind === 'request' ? mine : inputsOf(theirs, names);
  const outputs = kind === 'response' ? mine : outputsOf(theirs);
  if (inputs.length !== outputs.length)
    throw invalid('the event', `${inputs.length} rows were asked and ${outputs.length} answered`);
  const facts = await (await ctx.service(modelFactsToken)).of(watched.model);
  const record: LoggedPrediction = {
    id,
    deployment: watched.deployment,
    revision: watched.revision,
    model: watched.model,
    time,
    latencyMs: 0,
    count: inputs.length,
    inputs: JSON.stringify(inputs),
    outputs: JSON.stringify(
      outputs.map((one, place) => outputOf(facts, asSaid(one, facts.classes, place), `row ${place}`)),
    ),
    imputed: 0,
  };
  const kept = await keepRecords(ctx, ctx, watched, [record]);
  await metadata.write<MonitoringTables, void>(async (db) => {
    await db
      .deleteFrom('monitoring_halves')
      .where('deployment', '=', watched.deployment)
      .where('id', '=', id)
      .execute();
  });
  return { ...kept, waiting: 0 };
}

function inputsOf(data: unknown, names: readonly string[] | undefined): readonly unknown[] {
  const { data: body } = requestSchema.safeParse(data);
  if (!body) throw invalid('the request', 'it holds neither "instances" nor "inputs"');
  if ('inputs' in body) return columnsOf(body.inputs);
  return body.instances.map((instance, place) => {
    if (typeof instance === 'object' && instance !== null && !Array.isArray(instance)) return instance;
    const values = Array.isArray(instance) ? instance : [instance];
    if (!names)
      throw invalid(`instances.${place}`, 'it is a list: name its columns by "features" of the monitor');
    if (names.length !== values.length)
      throw invalid(
        `instances.${place}`,
        `it has ${values.length} values; the monitor names ${names.length} features`,
      );
    return Object.fromEntries(names.map((name, k) => [name, values[k] ?? null]));
  });
}

/** Tensors of one value a row, each a column. */
function columnsOf(tensors: readonly z.infer<typeof tensor>[]): readonly Readonly<Record<string, unknown>>[] {
  const rows = tensors[0]?.data.length ?? 0;
  const other = tensors.find(({ data }) => data.length !== rows);
  if (other)
    throw invalid(
      `tensor ${other.name}`,
      `it has ${other.data.length} values where another has ${rows}: one a row is read`,
    );
  return Array.from({ length: rows }, (_, k) =>
    Object.fromEntries(tensors.map(({ name, data }) => [name, data[k] ?? null])),
  );
}

function outputsOf(data: unknown): readonly unknown[] {
  const { data: body } = responseSchema.safeParse(data);
  if (!body) throw invalid('the response', 'it holds neither "predictions" nor "outputs"');
  if ('predictions' in body) return body.predictions;
  const [first] = body.outputs;
  const [rows = 0, width = 1] = first?.shape ?? [];
  if (!first || width <= 1) return first?.data ?? [];
  return Array.from({ length: rows }, (_, k) => first.data.slice(k * width, (k + 1) * width));
}

/** A list of as many numbers as there are classes is their probabilities. */
function asSaid(one: unknown, classes: readonly string[], place: number): Parameters<typeof outputOf>[1] {
  if (Array.isArray(one)) {
    if (one.length === 1) return asSaid(one[0], classes, place);
    if (one.length !== classes.length)
      throw invalid(
        `predictions.${place}`,
        `it has ${one.length} numbers; there are ${classes.length} classes`,
      );
    return { probabilities: Object.fromEntries(classes.map((name, k) => [name, Number(one[k])])) };
  }
  if (typeof one === 'number' || typeof one === 'string' || typeof one === 'boolean') return one;
  throw invalid(`predictions.${place}`, 'it is no number, text, truth or list of numbers');
}
