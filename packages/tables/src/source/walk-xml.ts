import { Parser } from 'saxen';

/** Workbooks and listings need a tenth of it. */
const MAX_DEPTH = 100;

interface Handlers {
  readonly open?: (name: string, attributes: Record<string, string>) => void;
  readonly close?: (name: string) => void;
  readonly text?: (text: string) => void;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The parser's own decoder gives another character for a number beyond U+FFFF (an emoji). */
const decoded = (text: string): string =>
  text.includes('&')
    ? text.replaceAll(
        /&(?:#(\d+)|#x([0-9a-f]+)|(amp|lt|gt|quot|apos));/gi,
        (_, decimal?: string, hex?: string, name = '') =>
          decimal || hex
            ? String.fromCodePoint(Number.parseInt(decimal ?? hex ?? '', decimal ? 10 : 16))
            : (ENTITIES[name.toLowerCase()] ?? ''),
      )
    : text;

/**
 * Walks through XML; names are without their prefix. A document type declares nothing here: there are no entities but XML's own five.
 *
 * @throws what is no XML, or nested deeper than anything that is read
 */
export function walkXml(xml: string, { open, close, text }: Handlers): void {
  const local = (name: string): string => name.slice(name.indexOf(':') + 1);
  const parser = new Parser();
  parser.on('error', (error) => {
    throw error;
  });
  let depth = 0;
  parser.on('openTag', (name, attributes) => {
    if (++depth > MAX_DEPTH) throw new RangeError(`it is nested more than ${MAX_DEPTH} deep`);
    open?.(
      local(name),
      Object.fromEntries(Object.entries(attributes()).map(([key, value]) => [local(key), decoded(value)])),
    );
  });
  parser.on('closeTag', (name) => {
    depth--;
    close?.(local(name));
  });
  if (text) {
    parser.on('text', (found) => text(decoded(found)));
    parser.on('cdata', text);
  }
  parser.parse(xml);
}
