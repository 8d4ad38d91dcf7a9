import { lookup } from 'node:dns/promises';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import ipaddr from 'ipaddr.js';
import { doorError } from './door-error.ts';

export interface FetchOptions {
  /** The file that the body is written to. */
  readonly to: string;
  readonly maxBytes: number;
  /** Hosts (as they are written in the address) that may have private addresses. */
  readonly allowPrivateHosts?: readonly string[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const MAX_REDIRECTS = 5;
const DEFAULT_TIMEOUT_MS = 300_000;
const IDLE_TIMEOUT_MS = 30_000;

/**
 * Fetches an address that a user gave into a file. Every address that the name stands for is checked, and the connection
 * goes to the one that was checked; each redirect is checked again; size and time are bounded.
 *
 * @throws TRS_DOOR_URL_REFUSED, TRS_DOOR_FETCH_FAILED, TRS_DOOR_FETCH_TOO_LARGE
 */
export async function safeFetch(address: string, options: FetchOptions): Promise<void> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
  // Loaded when something is fetched: it costs as much as the rest of the kernel.
  const { Agent, request } = await import('undici');
  let current = address;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const url = checkUrl(current);
    const pinned = await checkHost(url, options.allowPrivateHosts ?? []);
    const agent = new Agent({
      connect: { lookup: (_name, _options, done) => done(null, [pinned]) },
      bodyTimeout: IDLE_TIMEOUT_MS,
      headersTimeout: IDLE_TIMEOUT_MS,
    });
    try {
      const response = await request(url, {
        dispatcher: agent,
        signal,
        headers: { 'accept-encoding': 'identity' },
      });
      const { location } = response.headers;
      if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === 'string') {
        response.body.destroy();
        current = new URL(location, url).href;
        continue;
      }
      if (response.statusCode !== 200) {
        response.body.destroy();
        throw failed(current, `the server answered ${response.statusCode}`);
      }
      await pipeline(
        response.body,
        limit(options.maxBytes, current),
        createWriteStream(options.to, { flags: 'wx' }),
        { signal },
      );
      return;
    } catch (cause) {
      await rm(options.to, { force: true });
      options.signal?.throwIfAborted();
      if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('TRS_')) throw cause;
      throw failed(current, cause instanceof Error ? cause.message : String(cause), cause);
    } finally {
      await agent.destroy();
    }
  }
  throw refused(address, `it redirects more than ${MAX_REDIRECTS} times`);
}

/** An address whose form is allowed. @throws TRS_DOOR_URL_REFUSED */
export function checkUrl(address: string): URL {
  const url = URL.parse(address);
  if (!url) throw refused(address, 'it is not an address');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refused(address, `"${url.protocol}" is neither http nor https`);
  if (url.username !== '' || url.password !== '') throw refused(address, 'it holds credentials');
  return url;
}

/** The checked address to connect to. The URL parser has turned decimal, octal and hexadecimal forms into plain ones. */
async function checkHost(url: URL, allowed: readonly string[]): Promise<{ address: string; family: 4 | 6 }> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host)
    ? [{ address: host }]
    : await lookup(host, { all: true }).catch((cause: unknown) => {
        throw failed(url.href, `the name "${host}" has no address`, cause);
      });
  for (const { address } of addresses) {
    if (!isPublic(address) && !allowed.includes(host))
      throw refused(url.href, `"${host}" stands for ${address}, which is not a public address`);
  }
  const [first] = addresses;
  if (!first) throw failed(url.href, `the name "${host}" has no address`);
  return { address: first.address, family: isIP(first.address) === 6 ? 6 : 4 };
}

/** Whether an address is on the public internet; those that carry a private IPv4 address inside are not. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return parsed.range() === 'unicast';
}

function limit(maxBytes: number, address: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBytes) return done(null, chunk);
      done(
        doorError('FETCH_TOO_LARGE', {
          kind: 'too-large',
          message: `${address} sends more than ${maxBytes} bytes.`,
          hint: 'Raise data.maxSourceBytes if you trust it.',
        }),
      );
    },
  });
}

const refused = (address: string, reason: string) =>
  doorError('URL_REFUSED', {
    kind: 'invalid',
    message: `The address ${address.slice(0, 200)} is refused: ${reason}.`,
    hint: 'Use a public http(s) address, or allow the host in the configuration.',
    details: { reason },
  });

const failed = (address: string, reason: string, cause?: unknown) =>
  doorError('FETCH_FAILED', {
    kind: 'failed',
    message: `${address} could not be fetched: ${reason}.`,
    hint: 'Check the address and the network, then try again.',
    cause,
  });
