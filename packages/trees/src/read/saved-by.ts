import type { Forest } from '../forest.ts';

/** What a file tells of a model besides its trees. */
export interface SavedBy {
  /** `XGBoost 1.7.4`, or the library alone. */
  readonly library: string;
  /** Names of the columns in their order; empty where the file has none. */
  readonly columns: readonly string[];
  /** Of columns that were categories of texts in training: the texts by their numbers. */
  readonly categoryNames: ReadonlyMap<number, readonly (string | number)[]>;
  /** The round that was best on a validation set, from 0, where training stopped early. */
  readonly bestRound?: number;
}

/** A forest of a file. */
export interface SavedForest extends Forest {
  readonly savedBy: SavedBy;
}
