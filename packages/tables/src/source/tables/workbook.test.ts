import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSheet, readWorkbook } from './workbook.ts';

const RELATIONS = '<Relationships><Relationship Id="r1" Target="worksheets/a.xml"/></Relationships>';

describe('a cell of a workbook', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'workbook-'));
    await mkdir(join(dir, 'xl', '_rels'), { recursive: true });
    await mkdir(join(dir, 'xl', 'worksheets'));
    await writeFile(join(dir, 'xl', '_rels', 'workbook.xml.rels'), RELATIONS);
    await writeFile(
      join(dir, 'xl', 'workbook.xml'),
      '<workbook><sheets><sheet name="A &amp; &#66;" r:id="r1"/></sheets></workbook>',
    );
  });
  afterEach(() => rm(dir, { recursive: true }));

  const cells = async (row: string, strings = ''): Promise<readonly unknown[] | undefined> => {
    await writeFile(join(dir, 'xl', 'sharedStrings.xml'), `<sst>${strings}</sst>`);
    await writeFile(
      join(dir, 'xl', 'worksheets', 'a.xml'),
      `<worksheet><sheetData><row r="1">${row}</row></sheetData></worksheet>`,
    );
    const workbook = await readWorkbook(dir);
    expect(workbook.sheets[0]?.name).toBe('A & B');
    return (await readSheet(dir, workbook.sheets[0]?.path ?? '', workbook)).rows[0]?.cells;
  };

  it.each([
    ['&#128077; &#x1F44D; &amp;lt; &#65;&quot;', '👍 👍 &lt; A"'],
    ['a&#10;b', 'a\nb'],
    ['_x0041_', 'A'],
  ])('is the text that XML writes as %s', async (xml, text) => {
    expect(await cells(`<c t="inlineStr"><is><t>${xml}</t></is></c>`)).toEqual([text]);
    expect(await cells('<c t="s"><v>0</v></c>', `<si><t>${xml}</t></si>`)).toEqual([text]);
  });

  it.each([
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['12345678901234567890', 12345678901234567890n],
    ['9007199254740991', 9007199254740991n],
    ['1e3', 1000n],
    ['0.1', 0.1],
    ['-0', -0],
    ['1.797693134862316e+308', '1.797693134862316e+308'],
    ['-1e400', '-1e400'],
  ])('is the number %s with all of its digits', async (text, value) => {
    expect(await cells(`<c><v>${text}</v></c>`)).toEqual([value]);
  });
});
