export { batches, DEFAULT_BATCH_ROWS, selectColumns, type TypedColumn } from './engine/batches.ts';
export { columnTypeOf, isNumeric, STORED_TYPES, storedTypeOf } from './engine/column-types.ts';
export {
  type Engine,
  type LockedEngine,
  openEngine,
  openUnlocked,
  type Parameters,
  type Row,
} from './engine/engine.ts';
export { engineMessage, inWords } from './engine/engine-message.ts';
export { exactRelation, isInexact, misfitIn } from './engine/exact-cast.ts';
export { plainValue } from './engine/plain-value.ts';
export type { EngineLimits, ReadLimits } from './limits.ts';
export { type ReadTableOptions, readTable } from './read-table.ts';
export { COUNTED_VALUES, countedValues } from './sketch/counted-values.ts';
export { FORMS } from './sketch/forms.ts';
export { MOSTLY_DIFFERENT } from './sketch/many-values.ts';
export { SAMPLE, SAMPLE_ROWS, takeSample } from './sketch/sample.ts';
export { COLUMNS_AT_ONCE, nearby, sketchRelation } from './sketch/sketch-relation.ts';
export { checkRejects } from './source/check-rejects.ts';
export { compressionFromName, formatOf } from './source/file-format.ts';
export type { LocalSource, OpenedSource } from './source/local-source.ts';
export { matchColumns } from './source/match-columns.ts';
export { openSource } from './source/open-source.ts';
export { ownSources } from './source/own-sources.ts';
export type { ReadContext } from './source/read-context.ts';
export { readSource } from './source/read-source.ts';
export { type Reading, readingOf } from './source/reading.ts';
export { readingSource } from './source/reading-source.ts';
export { type ReadySource, sourceColumns } from './source/source-columns.ts';
export { describeRelation } from './source/source-relation.ts';
export { objectSource } from './source/types/object-source.ts';
export { type ReadOtherwise, readOtherwise } from './source/types/read-again.ts';
