import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentFor, operatorCommand, prepareOperator, shellLine } from "./operator-process";
import { createState, recall, remember, stateAt } from "./state";

const folder = mkdtempSync(join(tmpdir(), "kubechain operator "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const state = stateAt(join(folder, "state"));
const caller = {
  PATH: "/bin",
  HUMANLAYER_API_KEY: "a key",
  OTHER_API_KEY: "another key",
  HUMANLAYER_API_BASE: "http://the-caller's",
};

beforeAll(async () => {
  createState(state);
  await prepareOperator(state);
  remember(state, { ports: { humanlayer: 20001 }, humanLayer: { kind: "Own" } });
});

describe("the operator's environment", () => {
  test("says which HumanLayer there is, and where its receiver listens", () => {
    const env = environmentFor(operatorCommand(state, caller), caller);
    const port = recall(state).ports.receiver;
    expect(port).toBeGreaterThan(0);
    expect(env).toMatchObject({
      HUMANLAYER_API_BASE: "http://127.0.0.1:20001/humanlayer/v1",
      KUBECHAIN_RECEIVER_HOST: "127.0.0.1",
      KUBECHAIN_RECEIVER_PORT: String(port),
      KUBECHAIN_RECEIVER_URL: `http://127.0.0.1:${port}`,
    });
  });

  test("has no key of anybody's", () => {
    const command = operatorCommand(state, caller);
    const env = environmentFor(command, caller);
    expect(Object.keys(env).filter((name) => name.endsWith("_API_KEY"))).toEqual([]);
    // The printed line may be run where other variables are set.
    expect(shellLine(operatorCommand(state, {}), {})).toContain("-u HUMANLAYER_API_KEY");
  });

  test("has no server of the caller's that was not chosen", () => {
    remember(state, { humanLayer: { kind: "HumanLayer" } });
    expect(environmentFor(operatorCommand(state, caller), caller)).not.toHaveProperty("HUMANLAYER_API_BASE");
  });
});

test("the receiver has a port of its own, and keeps it", async () => {
  const { operator, receiver } = recall(state).ports;
  expect(receiver).not.toBe(operator);
  await prepareOperator(state);
  expect(recall(state).ports.receiver).toBe(receiver);
});
