/** The SHA-256 of a file, in hex: what a model is called by. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  // A copy: the view may be of shared memory, which is not hashed.
  const hash = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
