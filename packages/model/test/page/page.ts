import { load, MODEL_CACHE } from '@trestle/model/page';

// What the page of the test has: the package as a user imports it.
Object.assign(globalThis, { load, MODEL_CACHE });
