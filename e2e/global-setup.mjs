// Jest loads this file as it is; what it starts is written in TypeScript, beside it.
import { tsImport } from "tsx/esm/api";

export default async function start() {
  const { startSurroundings } = await tsImport("./surroundings.ts", import.meta.url);
  globalThis.stopSurroundings = await startSurroundings();
}
