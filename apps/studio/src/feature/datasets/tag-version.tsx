import { type TrestleError, toTrestleError } from '@trestle/kernel/spec';
import { useState } from 'preact/hooks';
import { notify } from '../../frame/notice.ts';
import { server } from '../../frame/server.ts';
import { Failure } from '../../ui/answer.tsx';
import { type DatasetVersion, reference } from './dataset-answers.ts';

/** Names a version; a tag that another one had moves, and it is said from where. */
export function TagVersion({
  version,
  changed,
}: {
  version: Pick<DatasetVersion, 'dataset' | 'version'>;
  changed: () => void;
}) {
  const [tag, setTag] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<TrestleError>();
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    setError(undefined);
    try {
      const made = await server.data.tag({ name: reference(version), tag });
      const moved = made.previous !== null && made.previous !== made.version;
      notify(
        `${made.dataset}@${made.tag} is version ${made.version}${moved ? `, it was ${made.previous}` : ''}.`,
      );
      setTag('');
      changed();
    } catch (cause) {
      setError(toTrestleError(cause));
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
