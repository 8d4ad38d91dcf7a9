import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const [light = '', dark = ''] = read('./palette.css').split('@media');
const colours = (css) =>
  new Map([...css.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name = '', hex = '']) => [name, hex]));
/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(hex) {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
  const [bright = 0, dim = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (bright + 0.05) / (dim + 0.05);
}
const TEXT = [
  ['ink', 'page'],
  ['ink', 'card'],
  ['quiet', 'page'],
  ['quiet', 'card'],
  ['ink', 'marked'],
  ['accent', 'marked'],
  ['accent', 'page'],
  ['accent', 'card'],
  ['accent-ink', 'accent'],
  ['good', 'good-back'],
  ['bad', 'bad-back'],
  ['warn', 'warn-back'],
];
const MARKS = [
  ['now', 'card'],
  ['before', 'card'],
  ['line-1', 'card'],
  ['line-2', 'card'],
  ['line-3', 'card'],
  ['line-4', 'card'],
  ['line-5', 'card'],
];
describe.each([
  ['light', colours(light)],
  ['dark', colours(dark)],
])('the %s palette', (_scheme, palette) => {
  const colour = (name) => palette.get(name) ?? '#000000';
  it.each(TEXT)('text: %s on %s has a contrast of at least 4.5', (ink, ground) => {
    expect(contrast(colour(ink), colour(ground))).toBeGreaterThanOrEqual(4.5);
  });
  it.each(MARKS)('marks: %s on %s has a contrast of at least 3', (ink, ground) => {
    expect(contrast(colour(ink), colour(ground))).toBeGreaterThanOrEqual(3);
  });
});
describe('a strict content-security policy', () => {
  it('finds no inline script, style or handler in the page', () => {
    const html = read('../index.html');
    expect(html.match(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/g)).toBeNull();
    expect(html.match(/https?:\/\//g)).toBeNull();
  });
  it('finds no style attribute, foreign address or HTML from data in the components', () => {
    const sources = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' });
    for (const path of sources.filter((name) => name.endsWith('.tsx'))) {
      const source = read(`./${path}`);
      expect(source.match(/\sstyle=|dangerouslySetInnerHTML|https?:\/\//g), path).toBeNull();
    }
  });
});
