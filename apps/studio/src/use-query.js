import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, call } from './api.ts';
/**
 * Asks an operation, again when its input changes, on `reload`, and every `pollMs` while the page is seen. One question at a
 * time: where an answer takes longer than the time between two of them, asking anew instead of waiting would never get one.
 */
export function useQuery(operation, input = {}, pollMs) {
  const [state, setState] = useState({ key: '' });
  const asker = useRef({ ask: () => {}, isAsking: false });
  const reload = useCallback(() => asker.current.ask(), []);
  const key = `${operation} ${JSON.stringify(input)}`;
  useEffect(() => {
    const gone = new AbortController();
    let isAskedAgain = false;
    const failed = (cause) => {
      const error =
        cause instanceof ApiError ? cause : new ApiError(0, 'TRS_STUDIO', String(cause), 'Reload the page.');
      // What was there stays: a server that is gone for a moment does not empty the page.
      setState((before) =>
        before.key === key && before.data !== undefined ? { ...before, error } : { key, error },
      );
    };
    const own = {
      isAsking: false,
      ask: async () => {
        // What changed after the question may not be in its answer.
        isAskedAgain = own.isAsking;
        if (own.isAsking) return;
        own.isAsking = true;
        try {
          setState({ key, data: await call(operation, JSON.parse(JSON.stringify(input)), gone.signal) });
        } catch (cause) {
          if (!gone.signal.aborted) failed(cause);
        }
        own.isAsking = false;
        if (isAskedAgain && !gone.signal.aborted) await own.ask();
      },
    };
    asker.current = own;
    void own.ask();
    return () => gone.abort();
  }, [key]);
  useEffect(() => {
    if (pollMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden && !asker.current.isAsking) reload();
    }, pollMs);
    return () => clearInterval(timer);
  }, [pollMs, reload]);
  // What belongs to an earlier input is not shown for this one.
  const isCurrent = state.key === key;
  return { data: isCurrent ? state.data : undefined, error: isCurrent ? state.error : undefined, reload };
}
