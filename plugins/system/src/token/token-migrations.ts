import type { Migration } from '@trestle/store';

/** Tables of access tokens. Of a secret only its SHA-256 is kept. */
export interface TokenTables {
  system_tokens: {
    id: string;
    name: string;
    secret_hash: string;
    /** JSON list. */
    scopes: string;
    created_by: string;
    created_at: string;
    expires_at: string;
    revoked_at: string | null;
  };
}

export const tokenMigrations: readonly Migration[] = [
  {
    name: 'system-0001-tokens',
    async up(db) {
      await db.schema
        .createTable('system_tokens')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('secret_hash', 'text', (column) => column.notNull().unique())
        .addColumn('scopes', 'text', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addColumn('expires_at', 'text', (column) => column.notNull())
        .addColumn('revoked_at', 'text')
        .execute();
    },
  },
];
