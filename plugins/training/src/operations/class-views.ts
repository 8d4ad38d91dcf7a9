import type { ClassesReport } from '@trestle/contracts';
import type { View } from '@trestle/kernel';

/** Classes whose matrix a terminal shows. */
const MOST_CLASSES = 12;

/** How each class is known, and what is taken for what. @param of which rows: `held-out rows` */
export function classViews(
  report: ClassesReport | undefined,
  of: string,
  threshold: number | undefined,
): readonly View[] {
  if (!report) return [];
  const each = [...report.each, { class: 'mean of classes (macro)', ...report.macro, rows: undefined }];
  const at = threshold === undefined ? '' : `, at the threshold ${Number(threshold.toPrecision(4))}`;
  const right = 'right' as const;
  return [
    {
      kind: 'table',
      title: `Classes (${of}${at})`,
      columns: [
        { key: 'class', label: 'class' },
        { key: 'precision', label: 'precision', align: right },
        { key: 'recall', label: 'recall', align: right },
        { key: 'f1', label: 'f1', align: right },
        { key: 'rows', label: 'rows', align: right },
      ],
      rows: each,
    },
    ...(report.classes.length > MOST_CLASSES
      ? []
      : [
          {
            kind: 'table' as const,
            title: 'Confusion (rows: what it is, columns: what the model says)',
            columns: [
              { key: 'is', label: 'is' },
              ...report.classes.map((name, place) => ({ key: String(place), label: name, align: right })),
            ],
            rows: report.matrix.map((counts, place) => ({
              is: report.classes[place] ?? '',
              ...Object.fromEntries(counts.map((count, column) => [String(column), count])),
            })),
          },
        ]),
  ];
}
