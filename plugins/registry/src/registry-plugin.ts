import { exportFormats, gates, modelsToken } from '@trestle/contracts';
import { contribute, plugin, provide } from '@trestle/kernel';
import { blobUses, metadataToken, migrations } from '@trestle/store';
import { modelPromote, modelRollback } from './operations/alias.ts';
import { modelCard } from './operations/card.ts';
import { modelExport } from './operations/export.ts';
import { folderFormat } from './operations/folder-format.ts';
import { npmFormat } from './operations/npm-format.ts';
import { onnxFormat } from './operations/onnx-format.ts';
import { modelList, modelShow, modelVerify } from './operations/read.ts';
import { modelRegister } from './operations/register.ts';
import { registryAt } from './operations/registry-at.ts';
import { registryConfig } from './registry-config.ts';
import { type RegistryTables, registryMigrations } from './registry-tables.ts';
import { examinerToken } from './version/examiner-token.ts';
import { verification } from './version/gate.ts';

/** Registered models: immutable versions, and aliases that move between them. */
export const registryPlugin = plugin({
  name: 'registry',
  version: '0.1.0',
  config: registryConfig,
  operations: [
    modelRegister,
    modelList,
    modelShow,
    modelCard,
    modelVerify,
    registryAt,
    modelPromote,
    modelRollback,
    modelExport,
  ],
  services: [
    provide(examinerToken, async (scope) => (await import('./version/examiner.ts')).openExaminer(scope)),
    provide(modelsToken, async (scope) => (await import('./models-service.ts')).modelsService(scope)),
  ],
  contributions: [
    contribute(gates, verification),
    ...[onnxFormat, folderFormat, npmFormat].map((format) => contribute(exportFormats, format)),
    ...registryMigrations.map((migration) => contribute(migrations, migration)),
    contribute(blobUses, {
      name: 'registry',
      among: async (scope, digests) => {
        const db = (await scope.service(metadataToken)).query<RegistryTables>();
        const rows = await db
          .selectFrom('model_versions')
          .select('digest')
          .where('digest', 'in', digests)
          .execute();
        return new Set(rows.map(({ digest }) => digest));
      },
    }),
  ],
});
