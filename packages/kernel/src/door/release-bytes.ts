/**
 * Gives the memory of bytes back at once, and not when it is noticed that nobody has them any more: V8 looks through the whole heap
 * after some 32 MB of such memory, which for large bodies is every other request. They are empty then, for whoever has them.
 */
export function releaseBytes({ buffer }: Uint8Array): void {
  if ('transfer' in buffer && typeof buffer.transfer === 'function') buffer.transfer(0);
}
