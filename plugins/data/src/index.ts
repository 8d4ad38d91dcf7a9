export { pipeline } from './config/steps.ts';
export { type ExpectationInput, suite } from './config/suite.ts';
export { dataPlugin, dataPlugin as default } from './data-plugin.ts';
export { type RowExpectation, rowExpectation } from './expectation/row-expectation.ts';
export { dataAdd } from './operations/add.ts';
export { dataDiff } from './operations/diff.ts';
export { dataErase } from './operations/erase.ts';
export { dataExpect } from './operations/expect.ts';
export { dataExport } from './operations/export.ts';
export { dataGc } from './operations/gc.ts';
export { dataLineage } from './operations/lineage.ts';
export { dataList } from './operations/list.ts';
export { dataProfile } from './operations/profile.ts';
export { dataQuery } from './operations/query.ts';
export { dataShow } from './operations/show.ts';
export { dataSplit } from './operations/split.ts';
export { dataTag } from './operations/tag.ts';
export { dataTransform } from './operations/transform.ts';
export { dataValidate } from './operations/validate.ts';
export { pointInTime } from './pipeline/point-in-time.ts';
export {
  type BatchStep,
  batchStep,
  type RowStep,
  rowStep,
  type TensorStep,
  tensorStep,
} from './pipeline/step-function.ts';
export type { Profile } from './profile/profile-schema.ts';
