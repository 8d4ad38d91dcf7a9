import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWritten, type Written, writtenWay } from './written.ts';

describe('numbers and times that are written as texts', () => {
  it.each<[Written, string, number | undefined]>([
    ['money', '$1,234.50', 1234.5],
    ['money', '-$12', -12],
    ['money', '($7.25)', -7.25],
    ['money', '1,000 USD', 1000],
    ['money', '$12,34', undefined],
    ['money', '1,234.50', undefined],
    ['money-with-comma', '1.234,50 €', 1234.5],
    ['money-with-comma', '€ 12', 12],
    ['money-with-comma', '€ 1.23', undefined],
    ['percent', '12.5%', 12.5],
    ['percent', '-3 %', -3],
    ['percent', '12', undefined],
    ['month-day-year', 'Jun 12 1998', Date.UTC(1998, 5, 12)],
    ['month-day-year', 'September 3, 2021', Date.UTC(2021, 8, 3)],
    ['month-day-year', '1/31/90 14:05', Date.UTC(1990, 0, 31, 14, 5)],
    ['month-day-year', '01/31/2024 12:30 AM', Date.UTC(2024, 0, 31, 0, 30)],
    ['month-day-year', '02/30/2024', undefined],
    ['day-month-year', '31.01.2024', Date.UTC(2024, 0, 31)],
    ['day-month-year', '12-Jun-68', Date.UTC(2068, 5, 12)],
    ['day-month-year', '31/01/2024 25:00', undefined],
    ['year-month-day', '2024/01/31', Date.UTC(2024, 0, 31)],
    ['year-month-day', '2024-01-31 16:05:09.250', Date.UTC(2024, 0, 31, 16, 5, 9, 250)],
    ['year-month-day', '2024-01-31T16:05:00+02:00', Date.UTC(2024, 0, 31, 14, 5)],
    ['year-month-day', '99/01/31', undefined],
  ])('%s: %s', (way, text, expected) => {
    expect(readWritten(way, text)).toBe(expected);
  });

  it.each([
    ['one way of dates', ['1/31/2024', '2/1/2024'], 'month-day-year'],
    ['days or months first, nobody knows', ['1/2/2024', '3/4/2024'], undefined],
    ['the day first, as one shows', ['1/2/2024', '13/4/2024'], 'day-month-year'],
    ['money', ['$5', '$1,000'], 'money'],
    ['whole amounts, which are the same either way', ['€1', '€2'], 'money'],
    ['a comma before two digits', ['€1', '€2,50'], 'money-with-comma'],
    ['plain numbers', ['12', '13'], undefined],
    ['words among them', ['12 %', 'unknown'], undefined],
    ['versions', ['1.2.2024', '1.3.x'], undefined],
  ])('%s', (_, texts, expected) => {
    expect(writtenWay(texts)).toBe(expected);
  });

  it('come back as they were written', () => {
    const time = fc.integer({ min: Date.UTC(1000, 0, 1), max: Date.UTC(9000, 0, 1) });
    fc.assert(
      fc.property(time, fc.integer({ min: -1e9, max: 1e9 }), (at, cents) => {
        const iso = new Date(at).toISOString();
        expect(readWritten('year-month-day', iso)).toBe(at);
        expect(readWritten('year-month-day', iso.slice(0, 19).replace('T', ' '))).toBe(
          at - (((at % 1e3) + 1e3) % 1e3),
        );
        const money = (cents / 100).toLocaleString('en-US', { style: 'currency', currency: 'USD' });
        expect(readWritten('money', money)).toBeCloseTo(cents / 100, 6);
      }),
    );
  });
});
