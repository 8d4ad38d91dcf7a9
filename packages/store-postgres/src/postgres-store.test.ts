import { databaseContract } from '@trestle/testing';
import { describe } from 'vitest';
import { postgresProject, TEST_URL, why } from './postgres-project.test.setup.ts';

describe.skipIf(TEST_URL === undefined)(`the contract of databases${why}`, () => {
  databaseContract('Postgres', postgresProject);
});
