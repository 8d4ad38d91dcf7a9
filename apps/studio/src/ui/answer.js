import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
/** What a query gave: a placeholder until it is there, the error if it failed, else what the page makes of it. */
export function Answer({ of, children }) {
  // Why nothing comes is said once, above the page, when the server is gone or asks who calls.
  const isSaidAbove = of.error?.status === 0 || of.error?.status === 401;
  const failure = of.error && !(isSaidAbove && of.data !== undefined) ? of.error : undefined;
  if (of.data === undefined && !failure)
    return _jsx('p', { class: 'quiet loading', role: 'status', children: 'Loading\u2026' });
  return _jsxs(_Fragment, {
    children: [
      failure ? _jsx(Failure, { error: failure, retry: of.reload }) : null,
      of.data === undefined ? null : children(of.data),
    ],
  });
}
export function Failure({ error, retry }) {
  return _jsxs('div', {
    class: 'note bad',
    role: 'alert',
    children: [
      _jsxs('p', { children: [_jsx('strong', { children: error.message }), ' ', error.hint] }),
      _jsx('p', { class: 'quiet', children: error.code }),
      retry ? _jsx('button', { type: 'button', onClick: retry, children: 'Try again' }) : null,
    ],
  });
}
/** What to do where nothing is yet. */
export function Empty({ children, command }) {
  return _jsxs('div', {
    class: 'empty',
    children: [_jsx('p', { children: children }), command ? _jsx('code', { children: command }) : null],
  });
}
