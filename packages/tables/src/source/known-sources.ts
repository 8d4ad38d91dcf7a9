import { dataError } from '../data-error.ts';
import { ENGINE_ENDINGS, formatFromName } from './file-format.ts';
import type { AddressSource, FileSource, Source } from './source.ts';

/** Sources by what they know. */
interface KnownSources {
  readonly schemes: ReadonlyMap<string, AddressSource>;
  readonly endings: ReadonlyMap<string, FileSource>;
}

/** A host's sources never change: they are looked at once. */
const known = new WeakMap<readonly Source[], KnownSources>();

/** @throws TRS_DATA_SOURCE_TWICE when two know one scheme or ending, or one what the engine reads */
function knownSources(sources: readonly Source[]): KnownSources {
  const before = known.get(sources);
  if (before) return before;
  const schemes = new Map<string, AddressSource>();
  const endings = new Map<string, FileSource>();
  const names = new Set<string>();
  for (const source of sources) {
    if (names.has(source.name)) throw twice(`the name "${source.name}"`, source.name, source.name);
    names.add(source.name);
    if ('schemes' in source) {
      for (const scheme of source.schemes) {
        const other = schemes.get(scheme);
        if (other) throw twice(`${scheme}://`, source.name, other.name);
        schemes.set(scheme, source);
      }
    } else {
      for (const ending of source.endings) {
        const other = formatFromName(ending) ? 'the engine' : endings.get(ending)?.name;
        if (other !== undefined) throw twice(`"${ending}"`, source.name, other);
        endings.set(ending, source);
      }
    }
  }
  const found = { schemes, endings };
  known.set(sources, found);
  return found;
}

const twice = (what: string, name: string, other: string) =>
  dataError('SOURCE_TWICE', {
    kind: 'conflict',
    message: `The source "${name}" wants to read ${what}, which "${other}" reads already.`,
    hint: 'Remove the plugin that has one of the two from the configuration.',
    details: { source: name, other },
  });

/** The source of an address; undefined for a path. @throws TRS_DATA_FORMAT for a scheme that none knows */
export function sourceOf(sources: readonly Source[], named: string): AddressSource | undefined {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(named)?.[1]?.toLowerCase();
  if (scheme === undefined) return undefined;
  const { schemes } = knownSources(sources);
  const source = schemes.get(scheme);
  if (source) return source;
  throw dataError('FORMAT', {
    kind: 'invalid',
    message: `"${scheme}" is no kind of address that rows are read from.`,
    hint: `Use ${[...schemes.keys()].join(', ')}, or a path.`,
  });
}

/** The source of a file that the engine does not read itself. */
export function fileSourceOf(sources: readonly Source[], path: string): FileSource | undefined {
  const lower = path.toLowerCase();
  for (const [ending, source] of knownSources(sources).endings) if (lower.endsWith(ending)) return source;
  return undefined;
}

/** Whether the name of a file says how it is read. */
export const isTable = (sources: readonly Source[], path: string): boolean =>
  formatFromName(path) !== undefined || fileSourceOf(sources, path) !== undefined;

/** Ends of names that say how a file is read. */
export const tableEndings = (sources: readonly Source[]): readonly string[] => [
  ...ENGINE_ENDINGS,
  ...knownSources(sources).endings.keys(),
];
