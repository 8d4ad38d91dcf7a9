import { Readable } from 'node:stream';
import type { Decrypter, Encrypter } from 'age-encryption';
import { storeError } from '../store-error.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** Makes content unreadable but for those who hold a key: a file of age (age-encryption.org/v1), which its own tool opens too. */
export interface Seal {
  /** The public keys, `age1…`. */
  readonly recipients: readonly string[];
  seal(content: Bytes): Promise<Bytes>;
}

/** Loaded when something is sealed: it costs every command that is not. */
const age = () => import('age-encryption');

/** @throws TRS_STORE_BACKUP_RECIPIENT */
export async function sealFor(recipients: readonly string[]): Promise<Seal> {
  const { Encrypter } = await age();
  const encrypter: Encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw storeError('BACKUP_RECIPIENT', {
        kind: 'invalid',
        message: `"${recipient.slice(0, 80)}" is no public key of age.`,
        hint: 'It begins with "age1"; "age-keygen -o key.txt" makes one, and the key that opens what is sealed for it.',
        cause,
      });
    }
  }
  return {
    recipients: [...recipients].toSorted(),
    seal: async (content) => await encrypter.encrypt(streamOf(content)),
  };
}

/** Opens what was sealed. */
export interface Opener {
  /** @throws TRS_STORE_BACKUP_LOCKED where no key fits */
  open(content: Bytes): Promise<Bytes>;
}

/**
 * @param identities a file of age: keys, a line each, and comments
 * @throws TRS_STORE_BACKUP_IDENTITY
 */
export async function openerOf(identities: string): Promise<Opener> {
  const { Decrypter } = await age();
  const decrypter: Decrypter = new Decrypter();
  const lines = identities.split(/\r?\n/).map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  try {
    for (const key of keys) decrypter.addIdentity(key);
    if (keys.length === 0) throw new TypeError('there is no key in it');
  } catch {
    // Without its cause, which may show a part of a secret.
    throw storeError('BACKUP_IDENTITY', {
      kind: 'invalid',
      message: 'What was given to open a backup with is no file of age keys.',
      hint: 'Each line is a key that begins with "AGE-SECRET-KEY-1", or a comment that begins with "#".',
    });
  }
  return {
    async open(content) {
      try {
        return await decrypter.decrypt(streamOf(content));
      } catch (cause) {
        throw storeError('BACKUP_LOCKED', {
          kind: 'denied',
          message: 'The backup was sealed for another key, or is damaged where it begins.',
          hint: 'Name the file with the key that belongs to one of its recipients, with --identity.',
          cause,
        });
      }
    },
  };
}

const streamOf = (content: Bytes) => Readable.toWeb(Readable.from(content)) as ReadableStream<Uint8Array>;
