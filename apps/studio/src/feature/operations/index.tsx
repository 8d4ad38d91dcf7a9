import type { Feature } from '../../frame/feature.ts';
import { to } from '../../frame/route.ts';
import { ask } from '../../frame/use-query.ts';
import { OperationPage, OperationsPage } from './operations.tsx';

export const operations: Feature = {
  section: 'operations',
  title: 'Operations',
  page: ([id]) => (id === undefined ? <OperationsPage /> : <OperationPage id={id} />),
  async places() {
    const list = await ask('operation.list', {});
    return list.operations.map(({ id }) => ({ name: id, kind: 'operation', href: to('operations', id) }));
  },
};
