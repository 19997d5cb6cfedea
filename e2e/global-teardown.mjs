// The other half of global-setup.mjs: Jest runs both in one process.
export default async function stop() {
  await globalThis.stopSurroundings?.();
}
