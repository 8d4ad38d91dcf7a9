import { Flags } from '@oclif/core';

/** What every command takes. */
export const globalFlags = {
  json: Flags.boolean({ summary: 'One JSON document on standard output.', helpGroup: 'GLOBAL' }),
  project: Flags.string({ summary: 'The project folder.', helpGroup: 'GLOBAL', helpValue: 'DIR' }),
  server: Flags.string({
    summary: 'Run on this server instead of here.',
    helpGroup: 'GLOBAL',
    helpValue: 'URL',
    env: 'TRESTLE_SERVER',
  }),
};
