import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureCertificates, keyFiles, writeKubeconfigs } from "./certificates";
import { Failure } from "./failure";
import { choosePort } from "./ports";
import { createState, isKnown, recall, remember, stateAt } from "./state";
import { deleteState } from "./take-down";

const folder = mkdtempSync(join(tmpdir(), "kubechain state "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newState = (name: string): ReturnType<typeof stateAt> => {
  const state = stateAt(join(folder, name));
  createState(state);
  return state;
};

const occupy = (port: number): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer().listen(port, "127.0.0.1", () => resolve(server));
  });

describe("a state folder", () => {
  test("remembers from one process to the next, port by port", () => {
    const state = newState("memory");
    expect(isKnown(state)).toBe(false);
    remember(state, { ports: { etcd: 20001 }, apiPath: "secret" });
    remember(state, { ports: { operator: 20002 }, models: { kind: "Scripted" } });
    expect(recall(stateAt(state.dir))).toEqual({
      ports: { etcd: 20001, operator: 20002 },
      apiPath: "secret",
      models: { kind: "Scripted" },
    });
    remember(state, { apiPath: undefined });
    expect(recall(state)).not.toHaveProperty("apiPath");
  });

  test("says what to do about a memory that cannot be read", () => {
    const state = newState("broken");
    writeFileSync(state.memory, "{");
    expect(() => recall(state)).toThrow(Failure);
  });

  test("keeps its keys to its owner, and makes them once", () => {
    const state = newState("keys");
    ensureCertificates(state);
    writeKubeconfigs(state, 20003);
    const { key, certificate } = keyFiles(state, "admin");
    for (const file of [key, certificate, state.kubeconfig]) expect(statSync(file).mode & 0o077).toBe(0);
    const madeAt = statSync(key).mtimeMs;
    ensureCertificates(state);
    expect(statSync(key).mtimeMs).toBe(madeAt);
  });

  test("keeps a port, and gives it up only to a program that has taken it", async () => {
    const state = newState("ports");
    const first = await choosePort(state, "apiserver");
    expect(await choosePort(state, "apiserver")).toBe(first);
    const other = await occupy(first);
    const second = await choosePort(state, "apiserver");
    expect(second).not.toBe(first);
    await expect(choosePort(state, "apiserver", first)).rejects.toThrow(Failure);
    other.close();
  });

  test("is deleted without what others have put there", () => {
    const state = newState("deleted");
    remember(state, { apiPath: "secret" });
    writeFileSync(join(state.dir, "notes.txt"), "mine");
    const people = [state.humanLayerKey, state.humanLayerDatabase, `${state.humanLayerDatabase}-wal`];
    for (const file of people) writeFileSync(file, "");
    deleteState(state);
    for (const file of people) expect(existsSync(file)).toBe(false);
    expect(existsSync(state.memory)).toBe(false);
    expect(existsSync(state.certificates)).toBe(false);
    expect(existsSync(join(state.dir, "notes.txt"))).toBe(true);
  });

  test("is gone when nothing else was in it", () => {
    const state = newState("gone");
    remember(state, { apiPath: "secret" });
    deleteState(state);
    expect(existsSync(state.dir)).toBe(false);
  });
});
