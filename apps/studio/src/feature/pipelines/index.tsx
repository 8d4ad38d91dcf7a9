import type { Feature } from '../../frame/feature.ts';
import { to } from '../../frame/route.ts';
import { ask } from '../../frame/use-query.ts';
import { PipelinePage, PipelinesPage } from './pipelines.tsx';

export const pipelines: Feature = {
  section: 'pipelines',
  title: 'Pipelines',
  page: ([name, run]) => (name === undefined ? <PipelinesPage /> : <PipelinePage name={name} chosen={run} />),
  async places() {
    const list = await ask('pipeline.list', {});
    return list.pipelines.map(({ name }) => ({ name, kind: 'pipeline', href: to('pipelines', name) }));
  },
};
