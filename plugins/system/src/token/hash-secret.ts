import { createHash } from 'node:crypto';

/** Secrets are 256 random bits, so a plain hash is enough: there is nothing to guess that a slow one would protect. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');
