import { chooseHumanLayer, describeHumanLayer, peopleVariables } from "./humanlayer";
import type { HumanLayerSource } from "./state";

const own: HumanLayerSource = { kind: "Own" };
const itself: HumanLayerSource = { kind: "HumanLayer" };
const server = (base: string): HumanLayerSource => ({ kind: "Server", base });
const key = { HUMANLAYER_API_KEY: "k" };

interface Case {
  env?: NodeJS.ProcessEnv;
  before?: HumanLayerSource;
}

test.each<[sentence: string, Case, expected: HumanLayerSource]>([
  ["nothing is set: our own server", {}, own],
  ["a key: HumanLayer itself", { env: key }, itself],
  ["an empty key is none", { env: { HUMANLAYER_API_KEY: "" } }, own],
  [
    "the environment's server wins over everything",
    { env: { ...key, HUMANLAYER_API_BASE: "http://a" }, before: server("http://b") },
    server("http://a"),
  ],
  ["a remembered server wins over a key", { env: key, before: server("http://b") }, server("http://b")],
  ["a key once used is not replaced by our own server", { before: itself }, itself],
  ["a key replaces our own server", { env: key, before: own }, itself],
  ["an empty base forgets the server", { env: { HUMANLAYER_API_BASE: "" }, before: server("http://b") }, own],
  ["an empty base forgets the key", { env: { HUMANLAYER_API_BASE: "" }, before: itself }, own],
  ["an empty base does not hide a key", { env: { ...key, HUMANLAYER_API_BASE: "" }, before: own }, itself],
])("%s", (_sentence, { env = {}, before }, expected) => {
  expect(chooseHumanLayer(env, before)).toEqual(expected);
});

describe("what the operator is told", () => {
  const receiver = {
    KUBECHAIN_RECEIVER_HOST: "127.0.0.1",
    KUBECHAIN_RECEIVER_PORT: "20002",
    KUBECHAIN_RECEIVER_URL: "http://127.0.0.1:20002",
  };
  const ports = { humanlayer: 20001, receiver: 20002 };

  test("our own server, and where answers come back", () => {
    const told = peopleVariables({ ports, humanLayer: own });
    expect(told).toEqual({ HUMANLAYER_API_BASE: "http://127.0.0.1:20001/humanlayer/v1", ...receiver });
  });

  test("a given server, as it was given", () => {
    const told = peopleVariables({ ports, humanLayer: server("http://a/b") });
    expect(told).toEqual({ HUMANLAYER_API_BASE: "http://a/b", ...receiver });
  });

  test.each([itself, undefined])("nothing of a server when there is none of ours or yours: %j", (humanLayer) => {
    expect(peopleVariables({ ports, ...(humanLayer && { humanLayer }) })).toEqual(receiver);
  });

  test("nothing before a port was chosen", () => {
    expect(peopleVariables({ ports: {}, humanLayer: own })).toEqual({});
  });
});

test("people read where the page is and where its key is, not the key", () => {
  const line = describeHumanLayer({ ports: { humanlayer: 20001 }, humanLayer: own }, { humanLayerKey: "/s/the-key" });
  expect(line).toContain("http://127.0.0.1:20001/");
  expect(line).toContain("/s/the-key");
});
