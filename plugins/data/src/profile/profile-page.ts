import type { ColumnProfile, Profile } from './profile-schema.ts';

const WIDTH = 320;
const HEIGHT = 90;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: unknown): string => String(text).replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one);
const number = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 5 });
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const STYLE = `
  :root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e6e9ee); --quiet: light-dark(#59636e, #9aa4b0); --bar: light-dark(#2f6fdd, #6ea2ff); --card: light-dark(#fff, #1c2128); --page: light-dark(#f6f8fa, #14171c); --warn: light-dark(#9a3412, #ffb27a); }
  body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--page); margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
  main { display: grid; grid-template-columns: repeat(auto-fill, minmax(21rem, 1fr)); gap: 1rem; }
  article { background: var(--card); border-radius: 8px; padding: 1rem; overflow: hidden; }
  h2 { font-size: 1rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
  small, dt { color: var(--quiet); font-weight: normal; } dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .75rem; margin: .5rem 0 0; } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
  rect { fill: var(--bar); } text { fill: var(--ink); font-size: 11px; } .warn { color: var(--warn); } svg { width: 100%; height: auto; }`;

/** A profile as one HTML file: no script, nothing loaded from elsewhere, a picture per column as inline SVG. */
export function profilePage(profile: Profile): string {
  const title = `${escaped(profile.dataset)}@${profile.version}`;
  const leaks = (profile.leaks ?? []).map(
    (leak) =>
      `<p class="warn">“${escaped(leak.column)}” alone nearly tells the target (${percent(leak.score)} of what can be known).</p>`,
  );
  const sampled =
    profile.sampledRows === undefined ? '' : ` (of a sample of ${number(profile.sampledRows)} rows)`;
  const isEstimated = profile.columns.some(({ approximate }) => approximate.length > 0);
  const pairs = profile.correlations.slice(0, 10).filter(({ r }) => Math.abs(r) >= 0.3);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${STYLE}</style></head><body>
<h1>${title}</h1><p>${number(profile.rows)} rows, ${profile.columns.length} columns.${isEstimated ? ' ≈ is an estimate; everything without it is exact.' : ''}</p>
${leaks.join('\n')}
<main>
${profile.columns.map((column) => card(column, profile.rows)).join('\n')}
</main>
${pairs.length > 0 ? `<h2>Correlations${sampled}</h2><ul>${pairs.map(({ a, b, r }) => `<li>${escaped(a)} and ${escaped(b)}: ${r.toFixed(3)}</li>`).join('')}</ul>` : ''}
</body></html>
`;
}

function card(column: ColumnProfile, rows: number): string {
  const about = (what: ColumnProfile['approximate'][number]): string =>
    column.approximate.includes(what) ? '≈ ' : '';
  const facts: (readonly [string, string])[] = [
    ['missing', `${number(column.nulls)} (${percent(column.nulls / Math.max(1, rows))})`],
    ['different', `${about('distinct')}${number(column.distinct)}`],
    ...(column.min === null
      ? []
      : [['from', escaped(column.min)] as const, ['to', escaped(column.max)] as const]),
    ...(column.mean === null ? [] : [['mean', number(column.mean)] as const]),
    ...(column.quantiles
      ? [['median', `${about('quantiles')}${number(column.quantiles['0.5'] ?? Number.NaN)}`] as const]
      : []),
    ...(column.lengths ? [['length', `${column.lengths.min} – ${column.lengths.max}`] as const] : []),
  ];
  return `<article><h2>${escaped(column.name)} <small>${column.type}${column.semantic ? `, ${column.semantic}` : ''}</small></h2>
${column.isPersonal ? '<p class="warn">Looks like personal data.</p>' : ''}${column.histogram.length > 0 ? histogram(column) : values(column)}
<dl>${facts.map(([term, fact]) => `<dt>${term}</dt><dd>${fact}</dd>`).join('')}</dl></article>`;
}

function histogram({ name, histogram: bins }: ColumnProfile): string {
  const most = Math.max(...bins.map((bin) => bin.count), 1);
  const width = WIDTH / bins.length;
  const bars = bins.map(({ count, from, to }, index) => {
    const height = (count / most) * HEIGHT;
    return `<rect x="${(index * width).toFixed(1)}" y="${(HEIGHT - height).toFixed(1)}" width="${(width - 1).toFixed(1)}" height="${height.toFixed(1)}"><title>${number(from)} to ${number(to)}: ${number(count)}</title></rect>`;
  });
  return picture(`Distribution of ${name}`, HEIGHT, bars);
}

/** The most frequent values; those about a person are counted, not shown. */
function values({ name, top, isPersonal }: ColumnProfile): string {
  const shown = isPersonal ? [] : top.slice(0, 6);
  const most = Math.max(...shown.map((value) => value.count), 1);
  const bars = shown.map(({ value, count }, index) => {
    const label = escaped([...value].slice(0, 28).join(''));
    return `<rect x="0" y="${index * 15}" width="${((count / most) * (WIDTH / 2)).toFixed(1)}" height="13"/><text x="${WIDTH / 2 + 4}" y="${index * 15 + 11}">${label} (${number(count)})</text>`;
  });
  return shown.length === 0 ? '' : picture(`Frequent values of ${name}`, shown.length * 15, bars);
}

const picture = (label: string, height: number, shapes: readonly string[]): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(label)}">${shapes.join('')}</svg>`;
