import { jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { to } from '../route.ts';
import { reference } from './datasets.tsx';
/** Chooses what a version is compared with, and the column that names a row. */
export function CompareForm({ version, versions, from, by }) {
  const others = versions.filter((each) => each.version !== version.version);
  const before = others.filter((each) => each.version < version.version);
  const [nearest] = (before.length > 0 ? before : others).toSorted((a, b) => b.version - a.version);
  if (!nearest) return null;
  const submit = (event) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const form = new FormData(event.currentTarget);
    const [other, key] = [String(form.get('from')), String(form.get('by'))];
    location.hash = to('datasets', reference(version), other, ...(key === '' ? [] : [key]));
  };
  return _jsxs('form', {
    class: 'row',
    onSubmit: submit,
    children: [
      _jsxs('label', {
        children: [
          'Compare with',
          ' ',
          _jsx('select', {
            name: 'from',
            children: others.map((each) =>
              _jsx(
                'option',
                {
                  value: reference(each),
                  selected: reference(each) === (from ?? reference(nearest)),
                  children: reference(each),
                },
                each.version,
              ),
            ),
          }),
        ],
      }),
      _jsxs('label', {
        children: [
          'rows named by',
          ' ',
          _jsxs('select', {
            name: 'by',
            children: [
              _jsx('option', { value: '', children: 'all that is in them' }),
              version.columns.map(({ name }) =>
                _jsx('option', { value: name, selected: name === by, children: name }, name),
              ),
            ],
          }),
        ],
      }),
      _jsx('button', { type: 'submit', children: 'Compare' }),
    ],
  });
}
