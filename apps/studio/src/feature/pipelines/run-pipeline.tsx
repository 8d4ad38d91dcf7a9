import type { Progress } from '@trestle/kernel/spec';
import { type TrestleError, toTrestleError } from '@trestle/kernel/spec';
import { useEffect, useRef, useState } from 'preact/hooks';
import { percent } from '../../format.ts';
import { notify } from '../../frame/notice.ts';
import { server } from '../../frame/server.ts';
import { Failure } from '../../ui/answer.tsx';
import { ConfirmButton } from '../../ui/confirm-button.tsx';

/** Starts a pipeline after asking, and tells how far it is until it ends. */
export function RunPipeline({ name, changed }: { name: string; changed: () => void }) {
  const [isForced, setIsForced] = useState(false);
  const [progress, setProgress] = useState<Partial<Progress>>();
  const [error, setError] = useState<TrestleError>();
  const leaving = useRef<AbortController>(undefined);
  useEffect(() => () => leaving.current?.abort(), []);

  /** Returns when the job is queued; what becomes of it is told as it comes. */
  const start = (): Promise<void> =>
    new Promise((queued, refused) => {
      const gone = new AbortController();
      leaving.current = gone;
      let isQueued = false;
      setError(undefined);
      server.pipeline
        .run(
          { name, force: isForced },
          {
            signal: gone.signal,
            onJob: () => {
              isQueued = true;
              setProgress({});
              queued();
            },
            onProgress: (now) => {
              setProgress(now);
              changed();
            },
          },
        )
        .then(() => notify(`${name} has run.`))
        .catch((cause: unknown) => {
          // Before there is a job the dialog shows it; afterwards it is the run's, and the page does.
          if (!isQueued) refused(cause);
          else if (!gone.signal.aborted) setError(toTrestleError(cause));
        })
        .finally(() => {
          if (gone.signal.aborted) return;
          setProgress(undefined);
          changed();
        });
    });

  return (
    <>
      <div class="row">
        <ConfirmButton
          label="Run"
          title={`Run ${name}?`}
          isBold
          act={start}
          done={changed}
          says={`${name} has been started.`}
        >
          <p>Steps whose rows are there already are not run again.</p>
          <label>
            <input
              type="checkbox"
              checked={isForced}
              onChange={(event) => setIsForced(event.currentTarget.checked)}
            />{' '}
            Run them all the same
          </label>
        </ConfirmButton>
        {progress === undefined ? null : (
          <>
            <progress aria-label={`Progress of ${name}`} value={progress.fraction ?? 0} />
            <span role="status">
              {percent(progress.fraction ?? 0)} <bdi>{progress.step ?? 'waits for its turn'}</bdi>
            </span>
          </>
        )}
      </div>
      {error ? <Failure error={error} /> : null}
    </>
  );
}
