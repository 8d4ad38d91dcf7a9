import { tokensToken } from '@trestle/contracts';
import { contribute, plugin, provide } from '@trestle/kernel';
import { metadataToken, migrations } from '@trestle/store';
import { auditCheckpoint } from './audit/audit-checkpoint.ts';
import { auditExport } from './audit/audit-export.ts';
import { auditLog } from './audit/audit-log.ts';
import { auditVerify } from './audit/audit-verify.ts';
import { backup, restore, storeBackups } from './backup/backup-operations.ts';
import { doctor } from './doctor/doctor.ts';
import { init } from './init/init.ts';
import { jobCancel, jobList, jobShow } from './job/job-operations.ts';
import { pluginList, pluginNew } from './plugin/plugin-operations.ts';
import { storeCopy } from './store/store-copy.ts';
import { storeMigrate } from './store/store-migrate.ts';
import { operationList } from './surface/operation-list.ts';
import { panelList } from './surface/panel-list.ts';
import { tokenMigrations } from './token/token-migrations.ts';
import { tokenCreate, tokenList, tokenRevoke } from './token/token-operations.ts';
import { trace } from './trace/trace.ts';

/** What every project needs: set-up, doctor, lineage, audit, jobs, tokens and plugins. */
export const systemPlugin = plugin({
  name: 'system',
  version: '0.1.0',
  operations: [
    init,
    doctor,
    trace,
    auditLog,
    auditVerify,
    auditCheckpoint,
    auditExport,
    jobList,
    jobShow,
    jobCancel,
    tokenCreate,
    tokenList,
    tokenRevoke,
    pluginList,
    pluginNew,
    operationList,
    panelList,
    storeMigrate,
    storeCopy,
    backup,
    restore,
    storeBackups,
  ],
  routes: [
    {
      method: 'GET',
      path: '/v1/audit/export',
      access: 'audit:read',
      summary: 'The whole audit log as JSON lines, which anybody can verify without Trestle.',
      load: () => import('./audit/export-route.ts').then((module) => module.exportRoute),
    },
  ],
  services: [
    provide(tokensToken, async (scope) =>
      (await import('./token/verify-tokens.ts')).verifyTokens(await scope.service(metadataToken)),
    ),
  ],
  contributions: tokenMigrations.map((migration) => contribute(migrations, migration)),
});

export default systemPlugin;
