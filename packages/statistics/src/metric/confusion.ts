/** Rows by what they are and by what they were said to be: `matrix[actual][predicted]`. */
export type ConfusionMatrix = readonly (readonly number[])[];

/** How well one class is known. */
export interface ClassReport {
  /** Of the rows that were said to be of it, the share that are; 0 where none was. */
  readonly precision: number;
  /** Of the rows that are of it, the share that were said to be; 0 where there are none. */
  readonly recall: number;
  readonly f1: number;
  /** Rows that are of it. */
  readonly rows: number;
}

/** Counts rows of classes 0 … classes - 1. */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): ConfusionMatrix {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let row = 0; row < labels.length; row++) {
    const counts = matrix[labels[row] ?? -1];
    const at = predicted[row] ?? -1;
    if (counts) counts[at] = (counts[at] ?? 0) + 1;
  }
  return matrix;
}

/** Precision, recall and F1 of each class. */
export const classReports = (matrix: ConfusionMatrix): readonly ClassReport[] =>
  matrix.map((counts, one) => {
    const hits = counts[one] ?? 0;
    const rows = counts.reduce((sum, count) => sum + count, 0);
    const said = matrix.reduce((sum, other) => sum + (other[one] ?? 0), 0);
    return {
      precision: share(hits, said),
      recall: share(hits, rows),
      f1: share(2 * hits, said + rows),
      rows,
    };
  });

/** The means over the classes that a row is of, or was said to be of: each counts alike, however rare it is. */
export function macroReport(matrix: ConfusionMatrix): Omit<ClassReport, 'rows'> {
  const reports = classReports(matrix).filter(
    ({ rows }, one) => rows > 0 || matrix.some((counts) => (counts[one] ?? 0) > 0),
  );
  const mean = (of: (report: ClassReport) => number): number =>
    share(
      reports.reduce((sum, report) => sum + of(report), 0),
      reports.length,
    );
  return {
    precision: mean(({ precision }) => precision),
    recall: mean(({ recall }) => recall),
    f1: mean(({ f1 }) => f1),
  };
}

/** The mean recall of the classes that there are. */
export function balancedAccuracy(matrix: ConfusionMatrix): number {
  const there = classReports(matrix).filter(({ rows }) => rows > 0);
  return share(
    there.reduce((sum, { recall }) => sum + recall, 0),
    there.length,
  );
}

/** Matthews' correlation of labels and predictions, of any number of classes (Gorodkin 2004); 0 where one side is constant. */
export function matthewsCorrelation(matrix: ConfusionMatrix): number {
  let [rows, hits, both, actual, said] = [0, 0, 0, 0, 0];
  for (const [one, counts] of matrix.entries()) {
    const isOne = counts.reduce((sum, count) => sum + count, 0);
    const saidOne = matrix.reduce((sum, other) => sum + (other[one] ?? 0), 0);
    rows += isOne;
    hits += counts[one] ?? 0;
    both += isOne * saidOne;
    actual += isOne ** 2;
    said += saidOne ** 2;
  }
  return share(hits * rows - both, Math.sqrt((rows ** 2 - actual) * (rows ** 2 - said)));
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
