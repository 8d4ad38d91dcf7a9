import { type HostOptions, TrestleError } from '@trestle/kernel';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The store that `TRESTLE_STORE` names by its address, `postgres://…`, as if the configuration named its plugin; nothing where it names
 * none.
 */
export async function storeOfEnvironment(env: Environment): Promise<Pick<HostOptions, 'added' | 'env'>> {
  const { TRESTLE_STORE: address } = env;
  if (address === undefined || address === '') return {};
  if (!/^postgres(ql)?:\/\//.test(address)) throw unknownStore();
  const { postgresPlugin } = await import('@trestle/store-postgres');
  return { added: [postgresPlugin], env: { ...env, TRESTLE_POSTGRES__URL: address } };
}

/** The address is not shown: it may hold a password. */
const unknownStore = () =>
  new TrestleError('TRS_CLI_STORE', {
    kind: 'usage',
    message: 'TRESTLE_STORE is not the address of a store.',
    hint: 'Write TRESTLE_STORE=postgres://user:password@host/database, or unset it for the store in the project.',
  });
