export { type Adopted, type AdoptOptions, adoptModel } from './adopt-model.ts';
export { type Design, treeEnsemble } from './tree-ensemble.ts';
