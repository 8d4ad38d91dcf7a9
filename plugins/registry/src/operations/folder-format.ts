import type { ExportFormat } from '@trestle/contracts';

/** The package beside what is known of it, each in a file of its own, as model hubs and people read it. */
export const folderFormat: ExportFormat = {
  name: 'folder',
  summary: 'a folder with the package, its card (README.md), its schema and its golden examples',
  options: {},
  load: async () => {
    const [{ copyFile, mkdir, readFile, stat, writeFile }, { join }, { openModel }] = await Promise.all([
      import('node:fs/promises'),
      import('node:path'),
      import('@trestle/model'),
    ]);
    return async ({ model, file, out }) => {
      const bytes = await readFile(file);
      const { card, features, inputs, outputs, metadata } = await openModel(bytes, {
        maxBytes: bytes.length,
      });
      const schema = metadata?.schema ?? { features, inputs, outputs };
      const golden = metadata?.golden;
      await mkdir(out);
      await copyFile(file, join(out, 'model.onnx'));
      const texts = {
        'README.md': card === '' ? `# ${model.name}@${model.version}\n` : card,
        'schema.json': `${JSON.stringify(schema, null, 2)}\n`,
        ...(golden === undefined ? {} : { 'golden.json': `${JSON.stringify(golden, null, 2)}\n` }),
      };
      for (const [name, text] of Object.entries(texts)) await writeFile(join(out, name), text);
      const { size } = await stat(join(out, 'model.onnx'));
      const written = Object.values(texts).reduce((sum, text) => sum + Buffer.byteLength(text), size);
      return { digest: model.digest, bytes: written };
    };
  },
};
