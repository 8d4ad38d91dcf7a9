import { useEffect, useState } from 'preact/hooks';
import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { ApiError, start } from '../api.ts';
import { percent } from '../format.ts';
import { follow } from '../job-events.ts';
import { notify } from '../notice.ts';
import { Failure } from '../ui/answer.tsx';
import { ConfirmButton } from '../ui/confirm-button.tsx';
/** Starts a pipeline after asking, and tells how far it is until it ends. */
export function RunPipeline({ name, changed }) {
  const [isForced, setIsForced] = useState(false);
  const [job, setJob] = useState();
  const [progress, setProgress] = useState({});
  const [error, setError] = useState();
  useEffect(() => {
    if (job === undefined) return undefined;
    const gone = new AbortController();
    const told = (now) => {
      setProgress(now);
      changed();
    };
    follow(job, told, gone.signal)
      .then(() => notify(`${name} has run.`))
      .catch((cause) => {
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
  return _jsxs(_Fragment, {
    children: [
      _jsxs('div', {
        class: 'row',
        children: [
          _jsxs(ConfirmButton, {
            label: 'Run',
            title: `Run ${name}?`,
            isBold: true,
            act: async () => {
              setError(undefined);
              setProgress({});
              setJob(await start('pipeline.run', { name, force: isForced }));
            },
            done: changed,
            says: `${name} has been started.`,
            children: [
              _jsx('p', { children: 'Steps whose rows are there already are not run again.' }),
              _jsxs('label', {
                children: [
                  _jsx('input', {
                    type: 'checkbox',
                    checked: isForced,
                    onChange: (event) => setIsForced(event.currentTarget.checked),
                  }),
                  ' ',
                  'Run them all the same',
                ],
              }),
            ],
          }),
          job === undefined
            ? null
            : _jsxs(_Fragment, {
                children: [
                  _jsx('progress', { 'aria-label': `Progress of ${name}`, value: progress.fraction ?? 0 }),
                  _jsxs('span', {
                    role: 'status',
                    children: [
                      percent(progress.fraction ?? 0),
                      ' ',
                      _jsx('bdi', { children: progress.step ?? 'waits for its turn' }),
                    ],
                  }),
                ],
              }),
        ],
      }),
      error ? _jsx(Failure, { error: error }) : null,
    ],
  });
}
