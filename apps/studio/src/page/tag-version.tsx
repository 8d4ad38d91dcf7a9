import { useState } from 'preact/hooks';
import type { DatasetVersion } from '../answers.ts';
import { ApiError, call } from '../api.ts';
import { notify } from '../notice.ts';
import { Failure } from '../ui/answer.tsx';
import { reference } from './datasets.tsx';

interface Tagged {
  readonly dataset: string;
  readonly version: number;
  readonly tag: string;
  readonly previous: number | null;
}

/** Names a version; a tag that another one had moves, and it is said from where. */
export function TagVersion({ version, changed }: { version: DatasetVersion; changed: () => void }) {
  const [tag, setTag] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    setError(undefined);
    try {
      const made = await call<Tagged>('data.tag', { name: reference(version), tag });
      const moved = made.previous !== null && made.previous !== made.version;
      notify(
        `${made.dataset}@${made.tag} is version ${made.version}${moved ? `, it was ${made.previous}` : ''}.`,
      );
      setTag('');
      changed();
    } catch (cause) {
      setError(cause instanceof ApiError ? cause : new ApiError(0, 'TRS_STUDIO', String(cause), ''));
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <>
      <form class="row" onSubmit={submit}>
        <label>
          A tag for this version{' '}
          <input
            type="text"
            required
            autocomplete="off"
            placeholder="gold"
            value={tag}
            onInput={(event) => setTag(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={isBusy}>
          Tag
        </button>
      </form>
      {error ? <Failure error={error} /> : null}
    </>
  );
}
