import { useRef, useState } from 'preact/hooks';
import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { ApiError } from '../api.ts';
import { notify } from '../notice.ts';
import { Failure } from './answer.tsx';
/** A button that asks before it acts. The dialog keeps the focus, Escape cancels, and a failure is shown in place. */
export function ConfirmButton(props) {
  const dialog = useRef(null);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState();
  const act = async () => {
    setIsBusy(true);
    setError(undefined);
    try {
      await props.act();
      dialog.current?.close();
      props.done();
      notify(props.says);
      // The button may be gone with what it did: then the keyboard goes on from the page's start.
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) document.getElementById('main')?.focus();
      });
    } catch (cause) {
      setError(cause instanceof ApiError ? cause : new ApiError(0, 'TRS_STUDIO', String(cause), ''));
    } finally {
      setIsBusy(false);
    }
  };
  return _jsxs(_Fragment, {
    children: [
      _jsx('button', {
        type: 'button',
        class: props.isBold ? 'primary' : '',
        onClick: () => dialog.current?.showModal(),
        children: props.label,
      }),
      _jsxs('dialog', {
        ref: dialog,
        'aria-label': props.title,
        onClose: () => setError(undefined),
        children: [
          _jsx('h2', { children: props.title }),
          props.children,
          error ? _jsx(Failure, { error: error }) : null,
          _jsxs('div', {
            class: 'row end',
            children: [
              _jsx('button', { type: 'button', onClick: () => dialog.current?.close(), children: 'Cancel' }),
              _jsx('button', {
                type: 'button',
                class: 'primary',
                disabled: isBusy,
                onClick: act,
                children: isBusy ? 'Working…' : props.label,
              }),
            ],
          }),
        ],
      }),
    ],
  });
}
