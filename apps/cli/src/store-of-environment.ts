import { type HostOptions, type Plugin, TrestleError } from '@trestle/kernel';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The store that `TRESTLE_STORE` (`postgres://…`) and `TRESTLE_BLOBS` (`s3://…`) name by its addresses, as if the configuration named their
 * plugins; nothing where they name none.
 */
export async function storeOfEnvironment(env: Environment): Promise<Pick<HostOptions, 'added' | 'env'>> {
  const { TRESTLE_STORE: database = '', TRESTLE_BLOBS: content = '' } = env;
  const added: Plugin[] = [];
  const settings: Record<string, string> = {};
  if (database !== '') {
    if (!/^postgres(ql)?:\/\//.test(database)) throw unknownStore();
    const { postgresPlugin } = await import('@trestle/store-postgres');
    added.push(postgresPlugin);
    settings.TRESTLE_POSTGRES__URL = database;
  }
  if (content !== '') {
    const [, bucket, prefix = ''] = /^s3:\/\/([^/?#@]+)(?:\/([^?#]*))?$/.exec(content) ?? [];
    if (bucket === undefined) throw unknownPlace();
    const { s3Plugin } = await import('@trestle/store-s3');
    added.push(s3Plugin);
    settings.TRESTLE_S3__BUCKET = bucket;
    settings.TRESTLE_S3__PREFIX = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  }
  return added.length === 0 ? {} : { added, env: { ...env, ...settings } };
}

/** The address is not shown: it may hold a password. */
const unknownStore = () =>
  new TrestleError('TRS_CLI_STORE', {
    kind: 'usage',
    message: 'TRESTLE_STORE is not the address of a store.',
    hint: 'Write TRESTLE_STORE=postgres://user:password@host/database, or unset it for the store in the project.',
  });

const unknownPlace = () =>
  new TrestleError('TRS_CLI_BLOBS', {
    kind: 'usage',
    message: 'TRESTLE_BLOBS is not the address of a bucket.',
    hint: 'Write TRESTLE_BLOBS=s3://bucket/prefix (and TRESTLE_S3__ENDPOINT, where it is not AWS), or unset it for files in the project.',
  });
