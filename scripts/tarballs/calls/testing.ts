import { ok } from 'node:assert';
import { blobsToken } from '@trestle/store';
import { temporaryProject } from '@trestle/testing';

const project = await temporaryProject();
const blobs = await (await project.open()).service(blobsToken);
const { digest } = await blobs.put(new TextEncoder().encode('hello'));
ok((await blobs.read(digest)).byteLength === 5);
await project.remove();
