import { useEffect, useRef } from 'preact/hooks';
import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { useConnection } from './connection.ts';
import { useNotice } from './notice.ts';
import { AuditPage } from './page/audit.tsx';
import { ComparePage } from './page/compare.tsx';
import { DatasetPage } from './page/dataset.tsx';
import { DatasetsPage } from './page/datasets.tsx';
import { DeploymentPage } from './page/deployment.tsx';
import { DeploymentsPage } from './page/deployments.tsx';
import { JobsPage } from './page/jobs.tsx';
import { LineagePage } from './page/lineage.tsx';
import { ModelPage, ModelsPage } from './page/models.tsx';
import { OverviewPage } from './page/overview.tsx';
import { PipelinePage, PipelinesPage } from './page/pipelines.tsx';
import { QueryPage } from './page/query.tsx';
import { RunPage, RunsPage } from './page/runs.tsx';
import { to, useRoute } from './route.ts';
import { Empty } from './ui/answer.tsx';
import { SignIn } from './ui/sign-in.tsx';

const SECTIONS = [
  'overview',
  'datasets',
  'query',
  'pipelines',
  'runs',
  'models',
  'deployments',
  'lineage',
  'jobs',
  'audit',
];
function page(section, name, [other, key]) {
  switch (section) {
    case 'overview':
      return _jsx(OverviewPage, {});
    case 'datasets':
      if (name !== undefined && other !== undefined)
        return _jsx(ComparePage, { from: other, to: name, by: key });
      return name === undefined ? _jsx(DatasetsPage, {}) : _jsx(DatasetPage, { name: name });
    case 'query':
      return _jsx(QueryPage, { subject: name });
    case 'pipelines':
      return name === undefined ? _jsx(PipelinesPage, {}) : _jsx(PipelinePage, { name: name, chosen: other });
    case 'runs':
      return name === undefined ? _jsx(RunsPage, {}) : _jsx(RunPage, { id: name });
    case 'models':
      return name === undefined ? _jsx(ModelsPage, {}) : _jsx(ModelPage, { name: name });
    case 'deployments':
      return name === undefined ? _jsx(DeploymentsPage, {}) : _jsx(DeploymentPage, { name: name });
    case 'lineage':
      return _jsx(LineagePage, { subject: name });
    case 'jobs':
      return _jsx(JobsPage, {});
    case 'audit':
      return _jsx(AuditPage, {});
    default:
      return _jsxs(_Fragment, {
        children: [
          _jsx('h1', { children: 'No such page' }),
          _jsxs(Empty, {
            children: [
              'There is no page \u201C',
              section,
              '\u201D. The sections above lead to what there is.',
            ],
          }),
        ],
      });
  }
}
export function App() {
  const [section = 'overview', name, ...more] = useRoute();
  const address = [section, name, ...more].join('/');
  const main = useRef(null);
  const isFirst = useRef(true);
  const connection = useConnection();
  const notice = useNotice();
  const title = section[0]?.toUpperCase() + section.slice(1);
  useEffect(() => {
    document.title = `${name ?? title} · Trestle Studio`;
    // A new page is read out from its start; the first one is not taken the focus from the address bar for.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [address]);
  return _jsxs(_Fragment, {
    children: [
      _jsx('button', {
        type: 'button',
        class: 'skip',
        onClick: () => main.current?.focus(),
        children: 'Skip to the content',
      }),
      _jsxs('header', {
        children: [
          _jsxs('a', {
            class: 'brand',
            href: to(),
            children: [_jsx('img', { src: './icon.svg', alt: '', width: '24', height: '24' }), ' Trestle'],
          }),
          _jsx('nav', {
            'aria-label': 'Sections',
            children: SECTIONS.map((each) =>
              _jsxs(
                'a',
                {
                  href: to(each),
                  ...(each === section ? { 'aria-current': 'page' } : {}),
                  children: [each[0]?.toUpperCase(), each.slice(1)],
                },
                each,
              ),
            ),
          }),
          _jsx('a', { class: 'aside', href: './docs/', children: 'API' }),
        ],
      }),
      connection === 'offline'
        ? _jsx('p', {
            class: 'banner warn',
            role: 'status',
            children:
              'The server does not answer. What you see may be old; it is asked again every few seconds.',
          })
        : null,
      _jsx(
        'main',
        {
          id: 'main',
          ref: main,
          tabIndex: -1,
          children: connection === 'unknown-caller' ? _jsx(SignIn, {}) : page(section, name, more),
        },
        address,
      ),
      _jsx('p', { class: notice === '' ? 'unseen' : 'notice', role: 'status', children: notice }),
    ],
  });
}
