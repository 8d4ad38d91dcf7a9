import { basename, join } from 'node:path';
import { checkUrl, safeFetch } from '@trestle/kernel';
import type { OpenedFile, ReadContext, SourceRequest } from './source.ts';

/**
 * Fetches a file from a web server.
 *
 * @param host what whoever runs the process chose: it may be a private one
 * @throws TRS_DOOR_…
 */
export async function fetchFile(
  ctx: ReadContext,
  { address, shown, dir }: Pick<SourceRequest, 'address' | 'shown' | 'dir'>,
  host?: string,
): Promise<OpenedFile> {
  const path = join(dir, basename(checkUrl(address).pathname) || 'download');
  ctx.progress({ step: `fetching ${shown}` });
  const { maxSourceBytes: maxBytes, allowPrivateHosts } = ctx.limits;
  await safeFetch(address, {
    to: path,
    maxBytes,
    allowPrivateHosts: [...allowPrivateHosts, ...(host === undefined ? [] : [host])],
    signal: ctx.signal,
  });
  return { kind: 'file', path };
}
