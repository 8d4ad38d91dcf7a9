import type { Feature } from '../../frame/feature.ts';
import { to } from '../../frame/route.ts';
import { ask } from '../../frame/use-query.ts';
import { ComparePage } from './compare.tsx';
import { DatasetPage } from './dataset.tsx';
import { reference } from './dataset-answers.ts';
import { DatasetsPage } from './datasets.tsx';

export const datasets: Feature = {
  section: 'datasets',
  title: 'Datasets',
  page([name, other, key]) {
    if (name === undefined) return <DatasetsPage />;
    return other === undefined ? (
      <DatasetPage name={name} />
    ) : (
      <ComparePage from={other} to={name} by={key} />
    );
  },
  async places() {
    const { datasets: versions } = await ask('data.list', {});
    return versions.map((version) => ({
      name: reference(version),
      kind: 'dataset',
      href: to('datasets', reference(version)),
    }));
  },
};
