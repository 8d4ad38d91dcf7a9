import { useState } from 'preact/hooks';
import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { ApiError, call } from '../api.ts';
import { notify } from '../notice.ts';
import { Failure } from '../ui/answer.tsx';
import { reference } from './datasets.tsx';
/** Names a version; a tag that another one had moves, and it is said from where. */
export function TagVersion({ version, changed }) {
  const [tag, setTag] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState();
  const submit = async (event) => {
    event.preventDefault();
    setIsBusy(true);
    setError(undefined);
    try {
      const made = await call('data.tag', { name: reference(version), tag });
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
  return _jsxs(_Fragment, {
    children: [
      _jsxs('form', {
        class: 'row',
        onSubmit: submit,
        children: [
          _jsxs('label', {
            children: [
              'A tag for this version',
              ' ',
              _jsx('input', {
                type: 'text',
                required: true,
                autocomplete: 'off',
                placeholder: 'gold',
                value: tag,
                onInput: (event) => setTag(event.currentTarget.value),
              }),
            ],
          }),
          _jsx('button', { type: 'submit', disabled: isBusy, children: 'Tag' }),
        ],
      }),
      error ? _jsx(Failure, { error: error }) : null,
    ],
  });
}
