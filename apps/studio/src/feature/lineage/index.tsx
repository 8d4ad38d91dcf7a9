import type { Feature } from '../../frame/feature.ts';
import { LineagePage } from './lineage.tsx';

export const lineage: Feature = {
  section: 'lineage',
  title: 'Lineage',
  page: ([subject]) => <LineagePage subject={subject} />,
};
