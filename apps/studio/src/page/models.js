import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { call } from '../api.ts';
import { ago, metric, metricName } from '../format.ts';
import { to } from '../route.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { Badge, Time } from '../ui/badge.tsx';
import { ConfirmButton } from '../ui/confirm-button.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';

const ALIAS = 'champion';
const POLL_MS = 5_000;
const aliasesOf = (model) => model.aliases.map((alias) => _jsx(Badge, { children: alias }, alias));
export function ModelsPage() {
  const list = useQuery('model.list');
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { children: 'Models' }),
      _jsx(Answer, {
        of: list,
        children: ({ models }) =>
          models.length === 0
            ? _jsx(Empty, {
                command: 'trestle train --data NAME --target COLUMN --register NAME',
                children: 'No models yet.',
              })
            : _jsx(Table, {
                caption: 'Model versions',
                rows: models,
                columns: [
                  {
                    label: 'Model',
                    cell: (model) =>
                      _jsx('a', {
                        href: to('models', model.name),
                        children: `${model.name}@${model.version}`,
                      }),
                  },
                  { label: 'Aliases', cell: aliasesOf },
                  { label: 'Task', cell: (model) => model.task ?? '–' },
                  { label: 'Estimator', cell: (model) => model.estimator ?? '–' },
                  {
                    label: 'Registered',
                    cell: (model) => _jsx(Time, { at: model.createdAt, text: ago(model.createdAt) }),
                  },
                ],
              }),
      }),
    ],
  });
}
/** The versions of one model side by side, with the buttons that move its champion. */
export function ModelPage({ name }) {
  const list = useQuery('model.list', {}, POLL_MS);
  const details = useQuery('model.show', { model: name });
  const reload = () => {
    list.reload();
    details.reload();
  };
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { dir: 'auto', children: name }),
      _jsx(Answer, {
        of: list,
        children: ({ models }) => {
          const versions = models
            .filter((model) => model.name === name)
            .toSorted((a, b) => b.version - a.version);
          const champion = versions.find((version) => version.aliases.includes(ALIAS));
          const metrics = [...new Set(versions.flatMap((version) => Object.keys(version.metrics)))];
          return versions.length === 0
            ? _jsx(Empty, { command: 'trestle model list', children: 'There is no model of this name.' })
            : _jsxs(_Fragment, {
                children: [
                  _jsxs('p', {
                    class: 'row',
                    children: [
                      champion
                        ? `Version ${champion.version} is the champion.`
                        : 'No version is the champion yet.',
                      champion
                        ? _jsx(ConfirmButton, {
                            label: 'Roll back',
                            title: `Roll ${name} back?`,
                            act: () => call('model.rollback', { name, alias: ALIAS }),
                            done: reload,
                            says: `${name} is rolled back.`,
                            children: _jsxs('p', {
                              children: [
                                '\u201C',
                                ALIAS,
                                '\u201D returns to the version that had it before version ',
                                champion.version,
                                '. Deployments that follow it change at once.',
                              ],
                            }),
                          })
                        : null,
                    ],
                  }),
                  _jsx(Table, {
                    caption: `Versions of ${name}`,
                    rows: versions,
                    isMarked: (model) => model.aliases.includes(ALIAS),
                    columns: [
                      {
                        label: 'Version',
                        cell: (model) =>
                          _jsx('a', {
                            href: to('lineage', `model:${name}@${model.version}`),
                            children: `${name}@${model.version}`,
                          }),
                      },
                      { label: 'Aliases', cell: aliasesOf },
                      {
                        label: 'Action',
                        cell: (model) =>
                          model.aliases.includes(ALIAS)
                            ? null
                            : _jsx(ConfirmButton, {
                                label: 'Promote',
                                title: `Promote ${name}@${model.version}?`,
                                act: () =>
                                  call('model.promote', { name, version: model.version, alias: ALIAS }),
                                done: reload,
                                says: `${name}@${model.version} is the ${ALIAS} now.`,
                                children: _jsxs('p', {
                                  children: [
                                    'It becomes \u201C',
                                    ALIAS,
                                    '\u201D',
                                    champion ? ` in place of version ${champion.version}` : '',
                                    '. Deployments that follow it change at once.',
                                  ],
                                }),
                              }),
                      },
                      ...metrics.map((each) => ({
                        label: metricName(each),
                        isNumber: true,
                        cell: (model) => metric(model.metrics[each]),
                      })),
                      {
                        label: 'Run',
                        cell: (model) =>
                          model.run ? _jsx('a', { href: to('runs', model.run), children: model.run }) : '–',
                      },
                      {
                        label: 'Digest',
                        cell: (model) => _jsx('code', { children: model.digest.slice(0, 12) }),
                      },
                    ],
                  }),
                  _jsx(Answer, { of: details, children: (model) => _jsx(Details, { of: model }) }),
                ],
              });
        },
      }),
    ],
  });
}
function Details({ of: model }) {
  return _jsxs(_Fragment, {
    children: [
      _jsx('h2', { children: 'What it takes' }),
      model.features.length === 0
        ? _jsx('p', {
            class: 'quiet',
            children: 'It comes from elsewhere and takes tensors; see GET /v2/models of its deployment.',
          })
        : _jsx(Table, {
            caption: `Features of ${model.name}@${model.version}`,
            rows: model.features,
            columns: [
              { label: 'Feature', cell: (feature) => feature.name },
              { label: 'Type', cell: (feature) => feature.type },
              { label: 'May be missing', cell: (feature) => (feature.nullable ? 'yes' : 'no') },
            ],
          }),
      model.moves.length > 0
        ? _jsxs(_Fragment, {
            children: [
              _jsx('h2', { children: 'Where its aliases were' }),
              _jsx(Table, {
                caption: `Moves of the aliases of ${model.name}, newest first`,
                rows: model.moves.toReversed(),
                columns: [
                  { label: 'Alias', cell: (move) => _jsx(Badge, { children: move.alias }) },
                  { label: 'What', cell: (move) => move.kind },
                  { label: 'From', isNumber: true, cell: (move) => move.previous ?? '–' },
                  { label: 'To', isNumber: true, cell: (move) => move.version },
                  { label: 'By', cell: (move) => move.actor },
                  { label: 'When', cell: (move) => _jsx(Time, { at: move.time, text: ago(move.time) }) },
                ],
              }),
            ],
          })
        : null,
      model.card === ''
        ? null
        : _jsxs('details', {
            class: 'card',
            children: [
              _jsxs('summary', { children: ['Model card of ', model.name, '@', model.version] }),
              _jsx('pre', { children: model.card }),
            ],
          }),
    ],
  });
}
