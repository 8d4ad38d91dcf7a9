import { hashKey, QueryClient, QueryObserver } from '@tanstack/query-core';
import { type Presented, type TrestleError, toTrestleError } from '@trestle/kernel/spec';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type Id, type Input, type Output, server } from './server.ts';

export interface Query<T> {
  readonly data: T | undefined;
  readonly error: TrestleError | undefined;
  reload(): void;
}

export interface QueryOptions {
  /** Asks again so often while the page is seen: for what changes without an event (traffic, progress). */
  readonly pollMs?: number;
  /** What never changes, or costs too much to ask for at every event. */
  readonly isFixed?: boolean;
}

/** What was asked, shared by all pages: one question at a time for each input, and its answer while a page shows it. */
export const cache = new QueryClient({
  // The frame says that the server is away, and pages ask again; a browser's own opinion of the network is not asked.
  defaultOptions: { queries: { retry: false, networkMode: 'always', staleTime: 0 } },
});

const waiting = new Set<string>();
cache.getQueryCache().subscribe(({ type, query }) => {
  if (type !== 'updated' || query.state.fetchStatus !== 'idle' || !waiting.delete(query.queryHash)) return;
  void query.fetch().catch(() => {});
});

/**
 * Asks again, or once more behind the question that is under way: what changed after it may not be in its answer, and one that is
 * given up for the next would never be answered where answers take longer than the time between two events.
 */
function askAgain(queryHash: string): void {
  const query = cache.getQueryCache().get(queryHash);
  if (!query?.isActive()) return;
  if (query.state.fetchStatus === 'fetching') waiting.add(queryHash);
  else void query.fetch().catch(() => {});
}

/** Asks again for all that is shown and may have changed. */
export function refresh(): void {
  for (const query of cache.getQueryCache().findAll({ type: 'active' }))
    if (query.meta?.isFixed !== true) askAgain(query.queryHash);
}

/** What is asked, and how. */
interface Question<T> {
  readonly queryKey: readonly unknown[];
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<T>;
}

const questionOf = <I extends Id>(id: I, input: Input<I>): Question<Output<I>> => ({
  queryKey: [id, input],
  // The server checked the answer against the operation's own schema.
  queryFn: async ({ signal }) => (await server.call(id, input, { signal })) as Output<I>,
});

/** The answer of an operation, from the cache where it is not older than half a minute. */
export const ask = <I extends Id>(id: I, input: Input<I>): Promise<Output<I>> =>
  cache.fetchQuery({ ...questionOf(id, input), staleTime: 30_000 });

/** What an operation answers, asked again when its input changes, when an event tells of a change, and on `reload`. */
export const useQuery = <I extends Id>(id: I, input: Input<I>, options?: QueryOptions): Query<Output<I>> =>
  useAnswer(questionOf(id, input), options);

/** The same of any operation, with its views. */
export const usePresented = (id: string, input: Readonly<Record<string, unknown>>): Query<Presented> =>
  useAnswer({
    queryKey: ['presented', id, input],
    queryFn: ({ signal }) => server.present(id, input, { signal }),
  });

function useAnswer<T>(question: Question<T>, { pollMs, isFixed = false }: QueryOptions = {}): Query<T> {
  const key = hashKey(question.queryKey);
  const observer = useMemo(
    () =>
      new QueryObserver<T>(cache, {
        ...question,
        ...(pollMs === undefined ? {} : { refetchInterval: pollMs }),
        meta: { isFixed },
      }),
    [key],
  );
  const [, redraw] = useState({});
  useEffect(() => observer.subscribe(() => redraw({})), [observer]);
  const { data, error } = observer.getCurrentResult();
  return {
    data,
    error: error === null ? undefined : toTrestleError(error),
    reload: () => askAgain(key),
  };
}
