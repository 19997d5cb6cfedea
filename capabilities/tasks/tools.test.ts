import type { AgentTool, ContactChannel, ContactChannelSpec, MCPServer } from "../../crds/index";
import { offeredTools, sourceOf } from "./tools";

const schema = { type: "object", required: ["url"] };
const server: MCPServer = {
  apiVersion: "kubechain.humanlayer.dev/v1alpha1",
  kind: "MCPServer",
  metadata: { name: "fetch", namespace: "ns", uid: "s-1", resourceVersion: "1" },
  spec: { transport: "stdio", command: "x" },
  status: {
    connected: false,
    tools: [{ name: "fetch", description: "Fetches", inputSchema: schema }, { name: "bare" }],
  },
};
const find = (name: string): MCPServer | undefined => (name === "fetch" ? server : undefined);
const none = (): undefined => undefined;
const channel = (spec: ContactChannelSpec): ContactChannel => ({
  apiVersion: "kubechain.humanlayer.dev/v1alpha1",
  kind: "ContactChannel",
  metadata: { name: "team", namespace: "ns", uid: "c-1", resourceVersion: "1" },
  spec,
});
const findChannel = (name: string): ContactChannel | undefined =>
  name === "team" ? channel({ type: "kubernetes" }) : undefined;
const offer = (over: Partial<AgentTool> = {}): AgentTool => ({
  name: "fetch__fetch",
  kind: "MCP",
  source: "MCPServer/fetch",
  tool: "fetch",
  ...over,
});

test("a tool is offered under the agent's name for it, with the server's words and schema, also while the server is away", () => {
  expect(offeredTools([offer()], find, none)).toEqual([
    { name: "fetch__fetch", description: "Fetches", parameters: schema },
  ]);
});

test("the order is the agent's, so that it stays the same from turn to turn", () => {
  const bare = offer({ name: "fetch__bare", tool: "bare" });
  expect(offeredTools([bare, offer()], find, none).map(({ name }) => name)).toEqual(["fetch__bare", "fetch__fetch"]);
});

test("a tool without a schema takes any object", () => {
  expect(offeredTools([offer({ name: "fetch__bare", tool: "bare" })], find, none)).toEqual([
    { name: "fetch__bare", description: "", parameters: { type: "object" } },
  ]);
});

test.each<[what: string, AgentTool]>([
  ["of a server that does not exist", offer({ source: "MCPServer/search" })],
  ["that its server does not have", offer({ tool: "push" })],
  ["of a kind that nobody can describe", offer({ kind: "Tool", source: "Tool/fetch" })],
  ["that says MCP and comes from elsewhere", offer({ source: "Tool/fetch" })],
  ["of a channel that does not exist", offer({ kind: "HumanContact", source: "ContactChannel/gone" })],
  ["that asks people and comes from elsewhere", offer({ kind: "HumanContact", source: "MCPServer/team" })],
])("a tool %s is not offered", (_what, tool) => {
  expect(offeredTools([tool], find, findChannel)).toEqual([]);
});

test.each<[ContactChannelSpec, description: string]>([
  [
    { type: "email", email: { address: "a@example.com", contextAboutUser: "The person on call" } },
    "Asks a person by email and gives back what they answer. Who is asked: The person on call",
  ],
  [{ type: "email", email: { address: "a@example.com" } }, "Asks a person by email and gives back what they answer."],
  [
    { type: "slack", slack: { channelOrUserID: "C1", contextAboutChannelOrUser: "The engineers" } },
    "Asks people on Slack and gives back what they answer. Who is asked: The engineers",
  ],
  [{ type: "kubernetes" }, "Asks a person who works with this cluster and gives back what they answer."],
  [
    { type: "webhook", webhook: { url: "https://example.com" } },
    "Asks a person over another system and gives back what they answer.",
  ],
])("asking people over %j takes one message and says who is asked", (spec, description) => {
  const asking: AgentTool = { name: "team__ask", kind: "HumanContact", source: "ContactChannel/team" };
  const [tool] = offeredTools([asking], find, () => channel(spec));
  expect(tool).toMatchObject({
    name: "team__ask",
    description,
    parameters: { type: "object", required: ["message"], properties: { message: { type: "string" } } },
  });
  expect(Object.keys(tool?.parameters["properties"] as object)).toEqual(["message"]);
});

test("a source is taken apart at its first slash", () => {
  expect(sourceOf(offer())).toEqual({ kind: "MCPServer", name: "fetch", tool: "fetch" });
  expect(sourceOf({ name: "add", kind: "Tool", source: "Tool/add" })).toEqual({ kind: "Tool", name: "add" });
});
