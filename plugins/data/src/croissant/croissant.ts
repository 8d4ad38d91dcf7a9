import type { ColumnType, DatasetVersion } from '@trestle/contracts';

/** What only a person knows of a dataset, and Croissant asks for. */
export interface Publication {
  readonly description?: string | undefined;
  /** A URL, or an identifier of SPDX. */
  readonly license?: string | undefined;
  readonly creator?: string | undefined;
  readonly url?: string | undefined;
}

/** The file that holds the version's rows, beside the description. */
export interface RowsFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

const DATA_TYPES: Readonly<Record<ColumnType, string>> = {
  integer: 'sc:Integer',
  number: 'sc:Float',
  boolean: 'sc:Boolean',
  timestamp: 'sc:DateTime',
  string: 'sc:Text',
};

/** The terms that the document uses, as Appendix 1 of the specification maps them. */
const CONTEXT = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  sc: 'https://schema.org/',
  cr: 'http://mlcommons.org/croissant/',
  dct: 'http://purl.org/dc/terms/',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileObject: 'cr:fileObject',
  recordSet: 'cr:recordSet',
  source: 'cr:source',
};

const ROWS = 'rows';

/**
 * A version as a Croissant 1.0 document (https://docs.mlcommons.org/croissant/docs/croissant-spec.html): one file, and one
 * set of records with a field for each column. A version's number is a major one, as any of its rows may differ from the
 * one before. The same version gives the same document; where it came from is not told, as that may name what is private.
 */
export function croissant(
  version: DatasetVersion,
  createdAt: string,
  file: RowsFile,
  { description, license, creator, url }: Publication,
) {
  return {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    name: version.dataset,
    description:
      description ??
      `Version ${version.version} of the dataset ${version.dataset}: ${version.rows} rows in ${version.columns.length} columns.`,
    ...(license === undefined ? {} : { license: licenseUrl(license) }),
    ...(url === undefined ? {} : { url }),
    ...(creator === undefined ? {} : { creator: { '@type': 'sc:Organization', name: creator } }),
    version: `${version.version}.0.0`,
    dateCreated: createdAt,
    dateModified: version.createdAt,
    datePublished: version.createdAt,
    distribution: [
      {
        '@type': 'cr:FileObject',
        '@id': file.name,
        name: file.name,
        contentUrl: file.name,
        contentSize: `${file.bytes} B`,
        encodingFormat: 'application/vnd.apache.parquet',
        sha256: file.sha256,
      },
    ],
    recordSet: [
      {
        '@type': 'cr:RecordSet',
        '@id': ROWS,
        name: ROWS,
        field: version.columns.map(({ name, type }) => ({
          '@type': 'cr:Field',
          // An identifier is an IRI, whatever the column is called.
          '@id': `${ROWS}/${encodeURIComponent(name)}`,
          name,
          dataType: DATA_TYPES[type],
          source: { fileObject: { '@id': file.name }, extract: { column: name } },
        })),
      },
    ],
  };
}

/** What Croissant requires and nobody said. */
export const missingOf = ({ license, creator, url }: Publication): readonly string[] =>
  Object.entries({ license, creator, url }).flatMap(([name, value]) => (value === undefined ? [name] : []));

const licenseUrl = (license: string): string =>
  /^https?:/i.test(license) ? license : `https://spdx.org/licenses/${encodeURIComponent(license)}.html`;
