import { exportFormats } from '@trestle/contracts';
import { contribute, plugin } from '@trestle/kernel';

/** Models as images: `trestle model export M --format oci`. */
export const containerPlugin = plugin({
  name: 'container',
  version: '0.1.0',
  contributions: [
    contribute(exportFormats, {
      name: 'oci',
      summary: 'an OCI image of a server with it, which podman and docker load',
      options: {
        base: 'a file or folder with an image (OCI layout) that has node in its PATH; without it the Node of this machine is taken',
        tag: 'what the image is called, NAME:TAG; the model and its version when left out',
      },
      load: async () => (await import('./write-image.ts')).writeImage,
    }),
  ],
});

export default containerPlugin;
