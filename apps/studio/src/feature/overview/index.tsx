import type { Feature } from '../../frame/feature.ts';
import { OverviewPage } from './overview.tsx';

export const overview: Feature = {
  section: 'overview',
  title: 'Overview',
  page: () => <OverviewPage />,
};
