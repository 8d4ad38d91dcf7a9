import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loggedRows } from './logged-rows.ts';

describe('rows in the prediction log', () => {
  it('are as they were asked, but for long texts, of which the digest is kept', () => {
    const image = 'iVBORw0KGgo'.repeat(1_000);
    const rows = [
      { speed: 3, note: 'gull', image },
      { speed: null, note: 'x', image: '' },
    ];
    const digest = createHash('sha256').update(image).digest('hex');
    const seen = { 'image.brightness': 0.4 };
    expect(loggedRows(rows, [seen])).toEqual([{ ...rows[0], image: `sha256:${digest}`, ...seen }, rows[1]]);
    expect(loggedRows(rows)).toEqual([{ ...rows[0], image: `sha256:${digest}` }, rows[1]]);
  });
});
