/** What the names of the folders that a file lies in say of its rows: `year=2024/month=05`; null is a missing value. */
export type FolderColumns = ReadonlyMap<string, string | null>;

/** What Hive, Spark and Arrow call a folder of missing values. */
const MISSING = '__HIVE_DEFAULT_PARTITION__';

/** @param relative from the folder that was named on, with `/` */
export function folderColumns(relative: string): FolderColumns {
  return new Map(
    relative
      .split('/')
      .slice(0, -1)
      .flatMap((part) => {
        const at = part.indexOf('=');
        if (at < 1) return [];
        const value = part.slice(at + 1);
        return [[decoded(part.slice(0, at)), value === MISSING ? null : decoded(value)] as const];
      }),
  );
}

/** Their writers escape what a path cannot hold. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
