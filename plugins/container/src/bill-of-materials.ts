import type { PackageOfProgram } from './program.ts';

/** What an image is made of, as CycloneDX 1.5 says it (cyclonedx.org/docs/1.5/json). Nothing in it depends on when or where it was made. */
export function billOfMaterials(
  subject: { readonly name: string; readonly version: string; readonly digest: string },
  packages: readonly PackageOfProgram[],
): string {
  const components = packages
    .map(({ name, version, license }) => ({
      type: 'library',
      'bom-ref': `pkg:npm/${encodeURIComponent(name).replaceAll('%2F', '/')}@${version}`,
      name,
      version,
      purl: `pkg:npm/${encodeURIComponent(name).replaceAll('%2F', '/')}@${version}`,
      ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    }))
    .sort((a, b) => (a.purl < b.purl ? -1 : 1));
  const model = {
    type: 'machine-learning-model',
    'bom-ref': `model:${subject.name}@${subject.version}`,
    name: subject.name,
    version: subject.version,
    hashes: [{ alg: 'SHA-256', content: subject.digest }],
  };
  const seen = new Set<string>();
  const once = components.filter(({ purl }) => !seen.has(purl) && seen.add(purl));
  return `${JSON.stringify(
    {
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      version: 1,
      metadata: { component: { type: 'container', name: subject.name, version: subject.version } },
      components: [model, ...once],
    },
    null,
    2,
  )}\n`;
}
