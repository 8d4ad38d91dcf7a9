import type { Feature } from '../../frame/feature.ts';
import { to } from '../../frame/route.ts';
import { ask } from '../../frame/use-query.ts';
import { ModelPage, ModelsPage } from './models.tsx';

export const models: Feature = {
  section: 'models',
  title: 'Models',
  page: ([name]) => (name === undefined ? <ModelsPage /> : <ModelPage name={name} />),
  async places() {
    const list = await ask('model.list', {});
    const names = new Set(list.models.map(({ name }) => name));
    return [...names].map((name) => ({ name, kind: 'model', href: to('models', name) }));
  },
};
