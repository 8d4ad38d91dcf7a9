export { dataPlugin, dataPlugin as default } from './data-plugin.ts';
export { dataAdd } from './operations/add.ts';
export { dataExport } from './operations/export.ts';
export { dataList } from './operations/list.ts';
export { dataProfile } from './operations/profile.ts';
export { dataQuery } from './operations/query.ts';
export { dataShow } from './operations/show.ts';
export { dataValidate } from './operations/validate.ts';
export type { Profile } from './profile/profile-schema.ts';
