// Jest loads this file as it is; what it starts is written in TypeScript, beside it.
import { require } from "tsx/cjs/api";

export default async function start() {
  const { startSurroundings } = require("./surroundings.ts", import.meta.url);
  globalThis.stopSurroundings = await startSurroundings();
}
