import { describe, expect, it } from 'vitest';
import { formOf, serialText } from './excel-time.ts';

describe('a serial number of Excel', () => {
  // As openpyxl 3.0.9 reads them (from_excel), but for the day that never was and the first of 1904.
  it.each([
    [1, 'day', false, '1900-01-01'],
    [59, 'day', false, '1900-02-28'],
    [60, 'day', false, '1900-02-29'],
    [61, 'day', false, '1900-03-01'],
    [45_351, 'day', false, '2024-02-29'],
    [45_296.520833333336, 'day', false, '2024-01-05 12:30:00'],
    [45_296.99999998842, 'day', false, '2024-01-05 23:59:59.999'],
    [0.5208333333333334, 'time', false, '12:30:00'],
    [0.999999988426, 'time', false, '23:59:59.999'],
    [1.2604166666666667, 'elapsed', false, '30:15:00'],
    [0, 'day', true, '1904-01-01'],
    [1_462, 'day', true, '1908-01-02'],
    [-1, 'day', false, undefined],
  ] as const)('%d as %s (from 1904: %s) is %s', (serial, form, is1904, text) => {
    expect(serialText(serial, form, is1904)).toBe(text);
  });

  it.each([
    ['yyyy-mm-dd', 'day'],
    ['[$-409]d mmm yy;@', 'day'],
    ['mmm', 'day'],
    ['h:mm AM/PM', 'time'],
    ['mm:ss.0', 'time'],
    ['[h]:mm:ss', 'elapsed'],
    ['0.00E+00', 'number'],
    ['"day" 0', 'number'],
    ['[Red]#,##0.00', 'number'],
    ['General', 'number'],
  ] as const)('is, written as %s, a %s', (code, form) => {
    expect(formOf(code)).toBe(form);
  });
});
