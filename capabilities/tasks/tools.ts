/**
 * The tools of an agent as its model sees them: `Agent.status.tools` says which, the MCPServers say what they do and
 * take, the ContactChannels whom they reach. Pure; what the objects do not say is not offered.
 */
import type { AgentTool, ChannelType, ContactChannel, MCPServer, MCPTool, ToolSource } from "../../crds/index";
import type { OfferedTool } from "../adapters/models/port";

/** What a tool without a schema takes: an object of anything. */
const ANYTHING = { type: "object" };

/**
 * What a model is offered, in the order of the agent's status. `serverOf` and `channelOf` find an MCPServer and a
 * ContactChannel of the agent's namespace.
 */
export function offeredTools(
  tools: readonly AgentTool[],
  serverOf: (name: string) => MCPServer | undefined,
  channelOf: (name: string) => ContactChannel | undefined,
): OfferedTool[] {
  return tools.flatMap((offer) => {
    if (offer.kind === "HumanContact") return askingTool(offer, channelOf) ?? [];
    const tool = toolOf(offer, serverOf);
    return tool
      ? { name: offer.name, description: tool.description ?? "", parameters: tool.inputSchema ?? ANYTHING }
      : [];
  });
}

function toolOf(offer: AgentTool, serverOf: (name: string) => MCPServer | undefined): MCPTool | undefined {
  const { kind, name, tool: wanted } = sourceOf(offer);
  if (offer.kind !== "MCP" || kind !== "MCPServer") return undefined;
  return serverOf(name)?.status?.tools?.find((tool) => tool.name === wanted);
}

/** Asking a person: one message goes there, and the words that come back are the result. */
function askingTool(
  offer: AgentTool,
  channelOf: (name: string) => ContactChannel | undefined,
): OfferedTool | undefined {
  const { kind, name } = sourceOf(offer);
  const channel = kind === "ContactChannel" ? channelOf(name) : undefined;
  if (!channel) return undefined;
  const about = contextOf(channel.spec)?.trim();
  const what = asking[channel.spec.type];
  return { name: offer.name, description: about ? `${what} Who is asked: ${about}` : what, parameters: MESSAGE };
}

/** What the channel tells the model of the people it reaches. */
function contextOf({ type, email, slack }: ContactChannel["spec"]): string | undefined {
  if (type === "email") return email?.contextAboutUser;
  return type === "slack" ? slack?.contextAboutChannelOrUser : undefined;
}

const asking: Record<ChannelType, string> = {
  email: "Asks a person by email and gives back what they answer.",
  slack: "Asks people on Slack and gives back what they answer.",
  kubernetes: "Asks a person who works with this cluster and gives back what they answer.",
  webhook: "Asks a person over another system and gives back what they answer.",
};

const MESSAGE = {
  type: "object",
  properties: {
    message: {
      type: "string",
      description: "What you want to know, with everything the person needs in order to answer.",
    },
  },
  required: ["message"],
  additionalProperties: false,
};

/** Where a call of the tool goes: `MCPServer/fetch` taken apart, and the tool's name there. */
export function sourceOf({ source, tool }: AgentTool): ToolSource {
  const [kind = "", ...name] = source.split("/");
  return { kind, name: name.join("/"), ...(tool !== undefined && { tool }) };
}
