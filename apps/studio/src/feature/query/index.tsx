import type { Feature } from '../../frame/feature.ts';
import { QueryPage } from './query.tsx';

export const query: Feature = {
  section: 'query',
  title: 'Query',
  page: ([subject]) => <QueryPage subject={subject} />,
};
