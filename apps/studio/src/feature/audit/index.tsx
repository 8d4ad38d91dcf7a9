import type { Feature } from '../../frame/feature.ts';
import { AuditPage } from './audit.tsx';

export const audit: Feature = { section: 'audit', title: 'Audit', page: () => <AuditPage /> };
