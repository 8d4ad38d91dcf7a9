import { addressSource, fileSource, type Source } from './source.ts';

/** Where rows come from without a plugin. What the engine reads itself (CSV, JSON, Parquet) needs no source. */
export const ownSources: readonly Source[] = [
  addressSource({
    name: 'http',
    title: 'web servers',
    schemes: ['https', 'http'],
    isPublic: true,
    load: async () => (await import('./fetch-file.ts')).fetchFile,
  }),
  addressSource({
    name: 's3',
    title: 'S3',
    schemes: ['s3'],
    load: async () => (await import('./s3/open-s3.ts')).openS3,
  }),
  addressSource({
    name: 'postgres',
    title: 'database servers',
    schemes: ['postgres', 'postgresql'],
    takes: ['query'],
    load: async () => (await import('./tables/read-postgres.ts')).readPostgres,
  }),
  addressSource({
    name: 'mysql',
    title: 'database servers',
    schemes: ['mysql', 'mariadb'],
    takes: ['query'],
    load: async () => (await import('./tables/read-mysql.ts')).readMysql,
  }),
  fileSource({
    name: 'arrow',
    title: 'Arrow',
    endings: ['.arrow', '.arrows', '.feather', '.ipc'],
    takes: [],
    load: async () => (await import('./tables/read-arrow.ts')).readArrow,
  }),
  fileSource({
    name: 'excel',
    title: 'Excel',
    endings: ['.xlsx'],
    takes: ['sheet', 'header'],
    load: async () => (await import('./tables/read-excel.ts')).readExcel,
  }),
  fileSource({
    name: 'sqlite',
    title: 'SQLite',
    endings: ['.sqlite', '.sqlite3', '.db'],
    takes: ['query'],
    load: async () => (await import('./tables/read-sqlite.ts')).readSqlite,
  }),
];
