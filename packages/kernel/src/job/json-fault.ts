/** What about a value JSON cannot hold, and where; undefined when it holds all of it. */
export function jsonFault(value: unknown, at = 'it'): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${at} is ${value}`;
  if (typeof value !== 'object') return `${at} is a ${typeof value}`;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const fault = jsonFault(item, `${at}[${index}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    return `${at} is a ${value.constructor?.name ?? 'object with a prototype of its own'}`;
  for (const [key, item] of Object.entries(value)) {
    // A member that is not there.
    if (item === undefined) continue;
    const fault = jsonFault(item, `${at}.${key}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
