import type { ComponentChildren } from 'preact';
import { type ApiError, setToken } from '../api.ts';
import type { Query } from '../use-query.ts';

/** What a query gave: a placeholder until it is there, the error if it failed, else what the page makes of it. */
export function Answer<T>({ of, children }: { of: Query<T>; children: (data: T) => ComponentChildren }) {
  if (of.error) return <Failure error={of.error} retry={of.reload} />;
  if (of.data === undefined)
    return (
      <p class="quiet" role="status">
        Loading…
      </p>
    );
  return <>{children(of.data)}</>;
}

export function Failure({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <div class="note bad" role="alert">
      <p>
        <strong>{error.message}</strong> {error.hint}
      </p>
      <p class="quiet">{error.code}</p>
      {error.status === 401 && retry ? <TokenForm done={retry} /> : null}
      {error.status !== 401 && retry ? (
        <button type="button" onClick={retry}>
          Try again
        </button>
      ) : null}
    </div>
  );
}

function TokenForm({ done }: { done: () => void }) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    setToken(String(new FormData(event.currentTarget).get('token') ?? '').trim());
    done();
  };
  return (
    <form onSubmit={submit} class="row">
      <label>
        Access token <input name="token" type="password" autocomplete="off" required />
      </label>
      <button type="submit">Use it</button>
    </form>
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
