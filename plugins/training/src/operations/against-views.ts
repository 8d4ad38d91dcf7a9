import type { View } from '@trestle/kernel';
import type { Difference } from '../evaluation/against.ts';

interface Compared {
  readonly model: { readonly name: string; readonly version: number };
  readonly against?:
    | {
        readonly model: { readonly name: string; readonly version: number };
        readonly differences: readonly (Omit<Difference, 'interval' | 'pValue' | 'test'> & {
          readonly interval?: readonly [number, number] | undefined;
          readonly pValue?: number | undefined;
          readonly test?: string | undefined;
        })[];
      }
    | undefined;
}

/** Two models metric by metric, and in words which is better, or that the rows do not tell. */
export function againstViews({ model, against }: Compared): readonly View[] {
  if (!against) return [];
  const [own, other] = [model, against.model].map(({ name, version }) => `${name}@${version}`);
  const named = (verdict: Difference['verdict']): string =>
    against.differences
      .filter((one) => one.verdict === verdict)
      .map(({ metric }) => metric)
      .join(', ');
  const [better, worse] = [named('better'), named('worse')];
  const text =
    better === '' && worse === ''
      ? `These rows do not tell ${own} and ${other} apart.`
      : [
          ...(better === '' ? [] : [`${own} is better than ${other} in ${better}.`]),
          ...(worse === '' ? [] : [`${own} is worse than ${other} in ${worse}.`]),
        ].join(' ');
  return [
    {
      kind: 'table',
      title: `Against ${other} on the same rows (from and to: 95 % interval of the difference)`,
      columns: [
        { key: 'metric', label: 'metric' },
        { key: 'value', label: own ?? '', align: 'right' },
        { key: 'other', label: other ?? '', align: 'right' },
        { key: 'difference', label: 'difference', align: 'right' },
        { key: 'from', label: 'from', align: 'right' },
        { key: 'to', label: 'to', align: 'right' },
        { key: 'p', label: 'p', align: 'right' },
        { key: 'test', label: 'test' },
        { key: 'verdict', label: '' },
      ],
      rows: against.differences.map(({ interval, pValue, ...one }) => ({
        ...one,
        from: interval?.[0],
        to: interval?.[1],
        p: pValue,
      })),
    },
    { kind: 'note', tone: better !== '' && worse === '' ? 'good' : 'info', text },
  ];
}
