import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { systemError } from '../system-error.ts';

/** What a log held at a moment: so many entries, and the Merkle root over their hashes. */
export interface Checkpoint {
  /** Whose log it is: `trestle/` and the beginning of the hash of its first entry. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

const ED25519 = Buffer.from([1]);
const SIGNATURE = /^— (\S+) ([A-Za-z0-9+/=]+)$/;

/** The 32 bytes of a public key, which end its DER form (RFC 8410). */
const rawKey = (key: KeyObject): Buffer =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }).subarray(-32);

/** Tells keys of one name apart (c2sp.org/signed-note). */
const keyId = (name: string, key: KeyObject): Buffer =>
  createHash('sha256').update(`${name}\n`).update(ED25519).update(rawKey(key)).digest().subarray(0, 4);

const textOf = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`;

/** A checkpoint as a signed note (c2sp.org/tlog-checkpoint), which other tools of transparency logs read. */
export function signCheckpoint(checkpoint: Checkpoint, key: KeyObject): string {
  const text = textOf(checkpoint);
  const signature = Buffer.concat([keyId(checkpoint.origin, key), sign(null, Buffer.from(text), key)]);
  return `${text}\n— ${checkpoint.origin} ${signature.toString('base64')}\n`;
}

/**
 * Reads a checkpoint that a key has signed. Signatures of others, which witnesses add, are passed over.
 *
 * @throws TRS_SYSTEM_CHECKPOINT where it is none, TRS_SYSTEM_CHECKPOINT_KEY where this key did not sign it
 */
export function openCheckpoint(note: string, key: KeyObject): Checkpoint {
  const [text, signatures, ...rest] = note.split('\n\n');
  const [origin, size, root, ...more] = (text ?? '').split('\n');
  const isWhole =
    rest.length === 0 &&
    more.every((line) => line !== '') &&
    origin &&
    /^(0|[1-9]\d{0,15})$/.test(size ?? '');
  const bytes = Buffer.from(root ?? '', 'base64');
  if (!isWhole || bytes.length !== 32 || bytes.toString('base64') !== root) throw noCheckpoint();
  const id = keyId(origin, key);
  for (const line of (signatures ?? '').split('\n')) {
    const [, name, base64 = ''] = SIGNATURE.exec(line) ?? [];
    const signature = Buffer.from(base64, 'base64');
    if (name !== origin || !signature.subarray(0, 4).equals(id)) continue;
    if (verify(null, Buffer.from(`${text}\n`), key, signature.subarray(4)))
      return { origin, size: Number(size), root: bytes };
  }
  throw systemError('CHECKPOINT_KEY', {
    kind: 'invalid',
    message: 'The checkpoint is not signed by this key, or was changed after it was signed.',
    hint: 'Name the public key that belongs to the one that signed it.',
  });
}

/** @param kind what is needed; a private key holds its public one. @throws TRS_SYSTEM_KEY */
export function readKey(pem: string, kind: 'private' | 'public'): KeyObject {
  try {
    const key = kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // What OpenSSL says of it may show a part of a secret.
  }
  throw systemError('KEY', {
    kind: 'invalid',
    message: `The file holds no ${kind} Ed25519 key that can be read without a password.`,
    hint: 'Make one with "openssl genpkey -algorithm ed25519 -out audit.key", and its public key with "openssl pkey -in audit.key -pubout -out audit.pub".',
  });
}

const noCheckpoint = () =>
  systemError('CHECKPOINT', {
    kind: 'invalid',
    message: 'The file is no checkpoint: an origin, a size, a root in base64, an empty line and signatures.',
    hint: 'Name a file that "trestle audit checkpoint" wrote.',
  });
