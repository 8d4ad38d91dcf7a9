/** What the user set: an environment variable, or in a browser a global of that name. Empty when it is not set. */
export function setting(name: string): string {
  const value = typeof process === 'undefined' ? Reflect.get(globalThis, name) : process.env?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
