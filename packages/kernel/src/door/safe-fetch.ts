import { lookup } from 'node:dns/promises';
import { open, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import ipaddr from 'ipaddr.js';
import { isTrestleError } from '../error/trestle-error.ts';
import { doorError } from './door-error.ts';
import { shownAddress } from './shown-address.ts';

export interface FetchOptions {
  /** The file that the body is written to. */
  readonly to: string;
  readonly maxBytes: number;
  /** Hosts (as they are written in the address) that may have private addresses. */
  readonly allowPrivateHosts?: readonly string[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Finds the addresses of a name; the system's resolver when left out. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

const MAX_REDIRECTS = 5;
const DEFAULT_TIMEOUT_MS = 300_000;
const IDLE_TIMEOUT_MS = 30_000;

/**
 * Fetches an address that a user gave into a new file. Every address that the name stands for is checked, and the connection
 * goes to one that was checked; each redirect is checked again; size and time are bounded. After a failure there is no file.
 *
 * @throws TRS_DOOR_URL_REFUSED, TRS_DOOR_FETCH_FAILED, TRS_DOOR_FETCH_TOO_LARGE
 */
export async function safeFetch(address: string, options: FetchOptions): Promise<void> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
  let current = address;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const url = checkUrl(current);
    try {
      signal.throwIfAborted();
      const next = await fetchOnce(url, options, signal);
      if (next === undefined) return;
      current = next;
    } catch (cause) {
      options.signal?.throwIfAborted();
      if (isTrestleError(cause)) throw cause;
      throw failed(current, cause instanceof Error ? cause.message : String(cause), cause);
    }
  }
  throw refused(address, `it redirects more than ${MAX_REDIRECTS} times`);
}

/** Writes the body of one answer, or says where it redirects to. */
async function fetchOnce(url: URL, options: FetchOptions, signal: AbortSignal): Promise<string | undefined> {
  const checked = await unlessAborted(checkHost(url, options), signal);
  // Loaded when something is fetched: it costs as much as the rest of the kernel.
  const { Agent, request } = await import('undici');
  const agent = new Agent({
    connect: { lookup: (_name, _options, done) => done(null, [...checked]) },
    // Several checked addresses are tried in turn (RFC 8305).
    autoSelectFamily: true,
    bodyTimeout: IDLE_TIMEOUT_MS,
    headersTimeout: IDLE_TIMEOUT_MS,
  });
  try {
    const headers = { 'accept-encoding': 'identity' };
    const response = await request(url, { dispatcher: agent, signal, headers });
    const { location } = response.headers;
    if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === 'string')
      return new URL(location, url).href;
    if (response.statusCode !== 200) throw failed(url.href, `the server answered ${response.statusCode}`);
    await writeBody(response.body, url.href, options, signal);
    return undefined;
  } finally {
    await agent.destroy();
  }
}

async function writeBody(
  body: Readable,
  address: string,
  { to, maxBytes }: FetchOptions,
  signal: AbortSignal,
): Promise<void> {
  // `wx`: a file or link that is there already is neither overwritten nor followed, nor removed below.
  const file = await open(to, 'wx');
  try {
    await pipeline(body, limit(maxBytes, address), file.createWriteStream(), { signal });
  } catch (cause) {
    await rm(to, { force: true });
    throw cause;
  } finally {
    await file.close().catch(() => {});
  }
}

/** Name resolution cannot be stopped, but it need not be waited for. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
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

/** The checked addresses to connect to. The URL parser has turned decimal, octal and hexadecimal forms into plain ones. */
async function checkHost(url: URL, options: FetchOptions): Promise<readonly PinnedAddress[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) === 0 ? await addressesOf(url, host, options) : [host];
  if (addresses.length === 0) throw failed(url.href, `the name "${host}" has no address`);
  for (const address of addresses) {
    if (!isPublic(address) && !(options.allowPrivateHosts ?? []).includes(host))
      throw refused(url.href, `"${host}" stands for ${address}, which is not a public address`);
  }
  return addresses.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 }));
}

interface PinnedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

async function addressesOf(url: URL, host: string, { resolve }: FetchOptions): Promise<readonly string[]> {
  try {
    if (resolve) return await resolve(host);
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw failed(url.href, `the name "${host}" has no address`, cause);
  }
}

/** The part of IPv6 that is given out for the public internet (RFC 4291, 2.4; IANA's registry of 2000::/3). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** For documentation only (RFC 9637). */
const DOCUMENTATION = ipaddr.IPv6.parseCIDR('3fff::/20');

/** Whether an address is on the public internet; those that carry an IPv4 address inside are not. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0) return false;
  // `::1.2.3.4` is not `::ffff:1.2.3.4`, for which the library takes it: the URL parser writes both without dots.
  const plain = isIP(address) === 6 ? URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) : address;
  if (plain === undefined) return false;
  const parsed = ipaddr.process(plain);
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || (parsed.match(GLOBAL_UNICAST) && !parsed.match(DOCUMENTATION));
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
          message: `${shownAddress(address)} sends more than ${maxBytes} bytes.`,
          hint: 'Raise the limit in the configuration if you trust it.',
        }),
      );
    },
  });
}

const refused = (address: string, reason: string) =>
  doorError('URL_REFUSED', {
    kind: 'invalid',
    message: `The address ${shownAddress(address)} is refused: ${reason}.`,
    hint: 'Use a public http(s) address, or allow the host in the configuration.',
    details: { reason },
  });

const failed = (address: string, reason: string, cause?: unknown) =>
  doorError('FETCH_FAILED', {
    kind: 'failed',
    message: `${shownAddress(address)} could not be fetched: ${reason}.`,
    hint: 'Check the address and the network, then try again.',
    cause,
  });
