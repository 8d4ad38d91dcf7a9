import { createHash } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type columnSchema, type datasetAdded, datasetsToken, type runEvents } from '@trestle/contracts';
import { type Context, type EventOf, isTrestleError } from '@trestle/kernel';
import { lineageToken } from '@trestle/store';
import type { z } from 'zod';
import { dataConfig } from '../config/data-config.ts';
import { dataError } from '../data-error.ts';
import { readColumnEdges } from '../pipeline/column-edges.ts';

const PRODUCER = 'https://github.com/trestle-ml/trestle';
const SPEC = 'https://openlineage.io/spec';
const TIMEOUT_MS = 10_000;

type RunTold = EventOf<(typeof runEvents)[keyof typeof runEvents]>;
/** An event of the log for which an OpenLineage event is sent. */
type Told = EventOf<typeof datasetAdded> | RunTold;

/** The state that each of them stands for. */
const STATES: Readonly<Record<Told['type'], 'START' | 'COMPLETE' | 'FAIL' | 'ABORT'>> = {
  'dataset.added': 'COMPLETE',
  'run.started': 'START',
  'run.succeeded': 'COMPLETE',
  'run.failed': 'FAIL',
  'run.interrupted': 'ABORT',
  'run.cancelled': 'ABORT',
};

/** Tells an event of the log to the configured file or endpoint, as OpenLineage. @throws TRS_DATA_OPEN_LINEAGE to try again */
export async function emitOpenLineage(ctx: Context, event: Told): Promise<void> {
  const { file, url, apiKey, namespace } = ctx.config(dataConfig).openLineage;
  if (file === undefined && url === undefined) return;
  const told = JSON.stringify(await openLineageEvent(ctx, event, namespace));
  if (file !== undefined) await appendFile(resolve(ctx.project.dir, file), `${told}\n`);
  if (url === undefined) return;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    body: told,
    signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  await response.body?.cancel();
  if (response.ok) return;
  throw dataError('OPEN_LINEAGE', {
    kind: 'unavailable',
    message: `The OpenLineage endpoint answered ${response.status}.`,
    hint: 'Check data.openLineage.url of the configuration.',
  });
}

/** A RunEvent of OpenLineage (spec 2-0-2) for an event of the log. */
export async function openLineageEvent(ctx: Context, event: Told, namespace: string) {
  const lineage = await ctx.service(lineageToken);
  const sources = (await lineage.into(event.subject)).map((edge) => edge.from);
  const inputs = [...new Set(sources)].map((ref) => datasetOf(namespace, ref));
  const outputs = !isRun(event)
    ? [await outputOf(ctx, namespace, event.subject)]
    : event.type === 'run.succeeded' && !isPipeline(event)
      ? [datasetOf(namespace, event.subject)]
      : [];
  const job = isRun(event) ? jobOf(event) : event.operation;
  return {
    eventType: STATES[event.type],
    eventTime: event.time,
    producer: PRODUCER,
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    job: { namespace, name: job },
    run: {
      runId: uuidOf(isRun(event) ? event.subject : event.id),
    },
    inputs,
    outputs,
  };
}

const isRun = (event: Told): event is RunTold => event.type !== 'dataset.added';
const isPipeline = (event: Told): boolean => isRun(event) && event.payload.kind === 'pipeline';

/** A training is the job `train`, a pipeline one of its own; a run of another kind is a job of that name. */
function jobOf({ payload: { kind = 'training', experiment } }: RunTold): string {
  if (kind === 'pipeline') return `pipeline.${experiment}`;
  return kind === 'training' ? 'train' : kind;
}

const facet = (path: string) => ({ _producer: PRODUCER, _schemaURL: `${SPEC}/facets/${path}` });

/** `dataset:strikes@3` is the dataset `strikes` in its version 3. */
function datasetOf(namespace: string, ref: string) {
  const [, kind = '', name = ref, version] = /^([a-z]+):(.*?)(?:@(\d+))?$/.exec(ref) ?? [];
  return {
    namespace,
    name: kind === 'dataset' ? name : `${kind}:${name}`,
    facets:
      version === undefined
        ? {}
        : {
            version: {
              ...facet('1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet'),
              datasetVersion: version,
            },
          },
  };
}

async function outputOf(ctx: Context, namespace: string, ref: string) {
  const dataset = datasetOf(namespace, ref);
  const version = await (await ctx.service(datasetsToken))
    .resolve(ref.replace('dataset:', ''))
    .catch((thrown: unknown) => {
      // Erased or collected since: the event is told without what it looked like.
      if (isTrestleError(thrown) && thrown.kind === 'not-found') return undefined;
      throw thrown;
    });
  if (!version) return dataset;
  const edges = await readColumnEdges(ctx, ref);
  return {
    ...dataset,
    facets: {
      ...dataset.facets,
      schema: schemaFacet(version.columns),
      ...(edges.length === 0 ? {} : { columnLineage: columnFacet(namespace, edges) }),
    },
    outputFacets: {
      outputStatistics: {
        ...facet('1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet'),
        rowCount: version.rows,
      },
    },
  };
}

const schemaFacet = (columns: readonly z.output<typeof columnSchema>[]) => ({
  ...facet('1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet'),
  fields: columns.map(({ name, type }) => ({ name, type })),
});

function columnFacet(namespace: string, edges: Awaited<ReturnType<typeof readColumnEdges>>) {
  const columns = [...new Set(edges.map((edge) => edge.column))];
  return {
    ...facet('1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet'),
    fields: Object.fromEntries(
      columns.map((column) => [
        column,
        {
          inputFields: edges
            .filter((edge) => edge.column === column)
            .map((edge) => ({
              namespace,
              name: datasetOf(namespace, edge.from).name,
              field: edge.fromColumn,
            })),
        },
      ]),
    ),
  };
}

/** A UUID that always stands for the same text: a name-based one (version 8, of SHA-256; RFC 9562). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
