import { lineageSources } from '@trestle/contracts';
import { type Context, journalToken, type LineageEdge } from '@trestle/kernel';
import { lineageToken } from '@trestle/store';
import { resolveRef, unknown } from './resolve-ref.ts';
import type { TraceOutput } from './trace.ts';

type Neighbours = (ref: string) => Promise<readonly LineageEdge[]>;

export async function traceLineage(
  ctx: Context,
  input: { readonly ref: string; readonly limit: number },
): Promise<TraceOutput> {
  const { ref, also } = await resolveRef(ctx, input.ref);
  const lineage = await ctx.service(lineageToken);
  const graph = growing(ref, input.limit);
  const into = await edgesInto(ctx);
  await grow(graph, -1, into, (edge) => edge.from);
  await grow(
    graph,
    1,
    (from) => lineage.outOf(from),
    (edge) => edge.to,
  );
  if (graph.edges.size === 0 && !(await isKnown(ctx, ref))) throw unknown(input.ref);
  const journal = await ctx.service(journalToken);
  const nodes = await Promise.all(
    [...graph.distances].map(async ([node, distance]) => {
      const [event] = await journal.read({ subject: node, limit: 1 });
      return {
        ref: node,
        kind: node.slice(0, node.indexOf(':')),
        distance,
        ...(event
          ? { event: { seq: event.seq, type: event.type, time: event.time, actor: event.actor } }
          : {}),
      };
    }),
  );
  return { ref, also: [...also], nodes, edges: [...graph.edges.values()], truncated: graph.truncated };
}

interface Graph {
  readonly distances: Map<string, number>;
  readonly edges: Map<string, LineageEdge>;
  readonly root: string;
  readonly limit: number;
  truncated: boolean;
}

const growing = (root: string, limit: number): Graph => ({
  root,
  limit,
  distances: new Map([[root, 0]]),
  edges: new Map(),
  truncated: false,
});

/** Walks one way from the root, nearest first, until there is no more or it is enough. */
async function grow(
  graph: Graph,
  step: 1 | -1,
  neighbours: Neighbours,
  next: (edge: LineageEdge) => string,
): Promise<void> {
  let frontier = [graph.root];
  for (let distance = step; frontier.length > 0; distance += step) {
    const found: string[] = [];
    for (const ref of frontier) {
      for (const edge of await neighbours(ref)) {
        const other = next(edge);
        if (!graph.distances.has(other)) {
          if (graph.distances.size >= graph.limit) {
            graph.truncated = true;
            continue;
          }
          graph.distances.set(other, distance);
          found.push(other);
        }
        graph.edges.set(`${edge.from} ${edge.to} ${edge.kind}`, edge);
      }
    }
    frontier = found;
  }
}

/** The edges into a reference: from the lineage table, and from the plugins that keep edges of their own. */
async function edgesInto(ctx: Context): Promise<Neighbours> {
  const lineage = await ctx.service(lineageToken);
  const sources = ctx.extensions(lineageSources);
  return async (ref) => {
    const edges: LineageEdge[] = [...(await lineage.into(ref))];
    for (const source of sources.filter(({ refKind }) => ref.startsWith(`${refKind}:`))) {
      const load = await source.load();
      edges.push(...((await load(ctx, ref)) ?? []));
    }
    return edges;
  };
}

/** Something without any edge is known when an event tells of it. */
async function isKnown(ctx: Context, ref: string): Promise<boolean> {
  const journal = await ctx.service(journalToken);
  return (await journal.read({ subject: ref, limit: 1 })).length > 0;
}
