import type { Feature } from '../../frame/feature.ts';
import { to } from '../../frame/route.ts';
import { ask } from '../../frame/use-query.ts';
import { ComparePage } from './compare-page.tsx';
import { RunPage } from './run-page.tsx';
import { RunsPage } from './runs-page.tsx';

export const runs: Feature = {
  section: 'runs',
  title: 'Runs',
  page: ([id]) =>
    id === undefined ? <RunsPage /> : id === 'compare' ? <ComparePage /> : <RunPage id={id} />,
  async places() {
    const list = await ask('run.list', {});
    return list.runs.map(({ run }) => ({ name: run, kind: 'run', href: to('runs', run) }));
  },
};
