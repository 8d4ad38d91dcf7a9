import { describe, expect, it } from 'vitest';
import { objectListing } from './object-listing.ts';

const listing = (inside: string): string =>
  `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</ListBucketResult>`;
const object = (inside: string): string => `<Contents>${inside}</Contents>`;

describe('an answer to ListObjectsV2', () => {
  it('tells objects by their own key and size, whatever stands around and within them', () => {
    const xml = listing(
      `<Name>bucket</Name><Prefix>in/</Prefix><IsTruncated>false</IsTruncated>${object(
        '<Owner><Key>not-this</Key></Owner><Key>in/a&amp;b.csv</Key><Size>12</Size>',
      )}<!-- <Contents><Key>in/comment.csv</Key></Contents> -->${object(
        '<Key><![CDATA[in/<c>.csv]]></Key><Size>7</Size>',
      )}<CommonPrefixes><Prefix>in/d/</Prefix></CommonPrefixes>`,
    );
    expect(objectListing(xml)).toEqual({
      objects: [
        { key: 'in/a&b.csv', bytes: 12 },
        { key: 'in/<c>.csv', bytes: 7 },
      ],
      next: undefined,
    });
  });

  it('is read with a prefix of names, attributes and encoded keys', () => {
    const xml = `<s:ListBucketResult xmlns:s="x"><s:EncodingType>url</s:EncodingType><s:IsTruncated>true</s:IsTruncated>
      <s:NextContinuationToken a="1">t&#x41;</s:NextContinuationToken><s:Contents><s:Key>a+b%2Bc.csv</s:Key><s:Size>1</s:Size></s:Contents></s:ListBucketResult>`;
    expect(objectListing(xml)).toEqual({ objects: [{ key: 'a b+c.csv', bytes: 1 }], next: 'tA' });
  });

  it.each([
    ['a page', '<html><body>no</body></html>'],
    ['an error', '<Error><Code>AccessDenied</Code></Error>'],
    ['text', 'no XML at all'],
    ['a listing within something else', `<Other>${listing('<Name>b</Name>')}</Other>`],
    ['nested without an end', listing('<a>'.repeat(5_000) + '</a>'.repeat(5_000))],
    ['nothing', ''],
  ])('is none: %s', (_, xml) => {
    expect(objectListing(xml)).toBeUndefined();
  });

  it('expands no entities of its own making', () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "${'b'.repeat(100)}">]>${listing(object('<Key>&a;&a;</Key><Size>1</Size>')).slice(21)}`;
    const [only] = objectListing(bomb)?.objects ?? [];
    expect(only?.key.length ?? 0).toBeLessThan(10);
  });
});
