import type { Context } from '@trestle/kernel';
import { listVersions } from '../version/versions.ts';

export const listDatasets = async (ctx: Context) => ({
  datasets: (await listVersions(ctx)).map((version) => ({ ...version, columns: version.columns.length })),
});
