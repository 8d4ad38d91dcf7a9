import type { TrestleError } from '@trestle/kernel/spec';
import type { ComponentChildren } from 'preact';
import type { Query } from '../frame/use-query.ts';

/** What a query gave: a placeholder until it is there, the error if it failed, else what the page makes of it. */
export function Answer<T>({ of, children }: { of: Query<T>; children: (data: T) => ComponentChildren }) {
  // Why nothing comes is said once, above the page, when the server is gone or asks who calls.
  const isSaidAbove = of.error?.code === 'TRS_CLIENT_UNREACHABLE' || of.error?.kind === 'unauthenticated';
  const failure = of.error && !(isSaidAbove && of.data !== undefined) ? of.error : undefined;
  if (of.data === undefined && !failure)
    return (
      <p class="quiet loading" role="status">
        Loading…
      </p>
    );
  return (
    <>
      {failure ? <Failure error={failure} retry={of.reload} /> : null}
      {of.data === undefined ? null : children(of.data)}
    </>
  );
}

export function Failure({ error, retry }: { error: TrestleError; retry?: () => void }) {
  return (
    <div class="note bad" role="alert">
      <p>
        <strong>{error.message}</strong> {error.hint}
      </p>
      <p class="quiet">{error.code}</p>
      {retry ? (
        <button type="button" onClick={retry}>
          Try again
        </button>
      ) : null}
    </div>
  );
}

/** What to do where nothing is yet. */
export function Empty({ children, command }: { children: ComponentChildren; command?: string }) {
  return (
    <div class="empty">
      <p>{children}</p>
      {command ? <code>{command}</code> : null}
    </div>
  );
}
