import { jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { setToken } from '../api.ts';
import { setConnection } from '../connection.ts';
/** Asks for the token that the server wants; the page behind it then asks again. */
export function SignIn() {
  const submit = (event) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    setToken(String(new FormData(event.currentTarget).get('token') ?? '').trim());
    setConnection('ok');
  };
  return _jsxs('section', {
    class: 'card sign-in',
    children: [
      _jsx('h1', { children: 'Who are you?' }),
      _jsxs('p', {
        children: [
          'This server wants to know who calls. ',
          _jsx('code', { children: 'trestle token create NAME' }),
          ' on its machine makes a token; it is kept in this tab only.',
        ],
      }),
      _jsxs('form', {
        onSubmit: submit,
        class: 'row',
        children: [
          _jsxs('label', {
            children: [
              'Access token ',
              _jsx('input', { name: 'token', type: 'password', autocomplete: 'off', required: true }),
            ],
          }),
          _jsx('button', { type: 'submit', class: 'primary', children: 'Use it' }),
        ],
      }),
    ],
  });
}
