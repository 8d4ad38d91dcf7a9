import type { Feature } from '../../frame/feature.ts';
import { JobsPage } from './jobs.tsx';

export const jobs: Feature = { section: 'jobs', title: 'Jobs', page: () => <JobsPage /> };
