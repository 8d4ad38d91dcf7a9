import { type Context, didYouMean } from '@trestle/kernel';
import { blobsToken, migrations } from '@trestle/store';
import { copyDatabase, databases, type NamedDatabase } from '@trestle/store/adapter';
import { localOnly } from '../local-only.ts';
import { systemError } from '../system-error.ts';
import type { MigratedStore } from './store-migrate.ts';

export async function migrateStore(
  ctx: Context,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<MigratedStore> {
  localOnly(ctx);
  const known = ctx.extensions(databases);
  const [old, next] = [named(known, from), named(known, to)];
  if (old === next) throw sameDatabase(from);
  const blobs = await (await ctx.service(blobsToken)).check();
  const source = await old.open(ctx);
  try {
    const target = await next.open(ctx);
    try {
      const copied = await copyDatabase(source, target, ctx.extensions(migrations), (fraction, table) =>
        ctx.progress({ step: `copying ${table}`, fraction }),
      );
      return { from, to, checked: true, blobs: blobs.count, ...copied, tables: [...copied.tables] };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function named(known: readonly NamedDatabase[], name: string): NamedDatabase {
  const found = known.find((database) => database.name === name);
  if (found) return found;
  const names = known.map((database) => database.name);
  throw systemError('UNKNOWN_DATABASE', {
    kind: 'not-found',
    message: `No plugin here brings a database "${name}".${didYouMean(name, names)}`,
    hint: `There is ${names.join(', ')}. A plugin that brings another is named in "plugins" of the configuration, or by TRESTLE_STORE.`,
  });
}

const sameDatabase = (name: string) =>
  systemError('SAME_DATABASE', {
    kind: 'invalid',
    message: `"${name}" cannot be copied to itself.`,
    hint: 'Name two databases, as in "trestle store migrate sqlite postgres".',
  });
