/** `navigator.gpu` for libraries that know only the browser's. */
export async function offerWebGpu() {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis.navigator, 'gpu', { value: create([]), configurable: true });
}
