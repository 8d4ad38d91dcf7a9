import type { ExportFormat } from '@trestle/contracts';

/** The package as it is. */
export const onnxFormat: ExportFormat = {
  name: 'onnx',
  summary: 'the whole package in one file, which any ONNX runtime runs',
  options: {},
  load: async () => {
    const { copyFile, open } = await import('node:fs/promises');
    return async ({ model, file, out }) => {
      await copyFile(file, out);
      const copy = await open(out, 'r+');
      try {
        await copy.chmod(0o644);
        await copy.sync();
        return { digest: model.digest, bytes: (await copy.stat()).size };
      } finally {
        await copy.close();
      }
    };
  },
};
