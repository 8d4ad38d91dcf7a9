import { useEffect, useState } from 'preact/hooks';
import { ApiError, start } from '../api.ts';
import { percent } from '../format.ts';
import { follow, type JobProgress } from '../job-events.ts';
import { notify } from '../notice.ts';
import { Failure } from '../ui/answer.tsx';
import { ConfirmButton } from '../ui/confirm-button.tsx';

/** Starts a pipeline after asking, and tells how far it is until it ends. */
export function RunPipeline({ name, changed }: { name: string; changed: () => void }) {
  const [isForced, setIsForced] = useState(false);
  const [job, setJob] = useState<string>();
  const [progress, setProgress] = useState<JobProgress>({});
  const [error, setError] = useState<ApiError>();

  useEffect(() => {
    if (job === undefined) return undefined;
    const gone = new AbortController();
    const told = (now: JobProgress): void => {
      setProgress(now);
      changed();
    };
    follow(job, told, gone.signal)
      .then(() => notify(`${name} has run.`))
      .catch((cause: unknown) => {
        if (gone.signal.aborted) return;
        setError(cause instanceof ApiError ? cause : new ApiError(0, 'TRS_STUDIO', String(cause), ''));
      })
      .finally(() => {
        if (gone.signal.aborted) return;
        setJob(undefined);
        changed();
      });
    return () => gone.abort();
  }, [job]);

  return (
    <>
      <div class="row">
        <ConfirmButton
          label="Run"
          title={`Run ${name}?`}
          isBold
          act={async () => {
            setError(undefined);
            setProgress({});
            setJob(await start('pipeline.run', { name, force: isForced }));
          }}
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
        {job === undefined ? null : (
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
