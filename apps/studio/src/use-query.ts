import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError, call } from './api.ts';

export interface Query<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  reload(): void;
}

/** Asks an operation, again when its input changes, on `reload`, and every `pollMs` while the page is seen. */
export function useQuery<T>(operation: string, input: object = {}, pollMs?: number): Query<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: ApiError }>({ key: '' });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const key = `${operation} ${JSON.stringify(input)}`;

  useEffect(() => {
    const gone = new AbortController();
    call<T>(operation, JSON.parse(JSON.stringify(input)), gone.signal).then(
      (data) => setState({ key, data }),
      (cause: unknown) => {
        if (gone.signal.aborted) return;
        const error =
          cause instanceof ApiError
            ? cause
            : new ApiError(0, 'TRS_STUDIO', String(cause), 'Reload the page.');
        // What was there stays: a server that is gone for a moment does not empty the page.
        setState((before) =>
          before.key === key && before.data !== undefined ? { ...before, error } : { key, error },
        );
      },
    );
    return () => gone.abort();
  }, [key, turn]);

  useEffect(() => {
    if (pollMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, pollMs);
    return () => clearInterval(timer);
  }, [pollMs, reload]);

  // What belongs to an earlier input is not shown for this one.
  const isCurrent = state.key === key;
  return { data: isCurrent ? state.data : undefined, error: isCurrent ? state.error : undefined, reload };
}
