import type { Output } from '../../frame/server.ts';

export type DatasetVersion = Output<'data.list'>['datasets'][number];
export type DatasetDetails = Output<'data.show'>;
export type Profile = Output<'data.profile'>;
export type ColumnProfile = Profile['columns'][number];
export type Diff = Output<'data.diff'>;

/** `strikes@3` */
export const reference = (version: Pick<DatasetVersion, 'dataset' | 'version'>): string =>
  `${version.dataset}@${version.version}`;
