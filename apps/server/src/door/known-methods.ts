import type { FastifyInstance } from 'fastify';

/** Tells which methods there are at a path, for the answer to one that is not (RFC 9110, section 15.5.6). */
export function knownMethods(app: FastifyInstance): (path: string) => readonly string[] {
  const known: { readonly segments: readonly string[]; readonly methods: readonly string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    // A wildcard is somebody's folder: that it could hold the path does not mean that it does.
    if (!url.includes('*')) known.push({ segments: url.split('/'), methods: [method].flat() });
  });
  return (path) => {
    const segments = path.split('/');
    const isHere = (pattern: readonly string[]) =>
      pattern.length === segments.length &&
      pattern.every((part, k) => (part.startsWith(':') ? segments[k] !== '' : part === segments[k]));
    return [...new Set(known.filter((route) => isHere(route.segments)).flatMap((route) => route.methods))];
  };
}
