/**
 * Which tools an agent offers to its model, and under which names. Pure: the agent's spec, the tools its servers are
 * known to have and the types of its channels go in, the list as the Agent's status holds it comes out. Tasks offer
 * exactly that list.
 *
 * O1 A name is `<mcpserver>__<tool>`, or `<channel>__human_contact…` for a person, of the characters and the length that
 *    every provider takes.
 * O2 A name that had to be changed for that, or that another tool would have too, ends in a hash of what it stands for:
 *    it is unique, and the same from turn to turn, whatever other tools come and go.
 */
import type { AgentMCPServer, AgentTool, ChannelType } from "../../../crds/index";
import { resources } from "../../../crds/index";
import { listed } from "../../runtime/listed";
import { shortHash } from "../../runtime/short-hash";

/** An MCPServer that the agent names, and the names of its tools; undefined while they have never been seen. */
export interface Served {
  server: AgentMCPServer;
  tools: string[] | undefined;
}

/** A ContactChannel that the agent names, and how it reaches people. One that does not exist is left out. */
export interface Reached {
  channel: string;
  type: ChannelType;
}

/** What is offered, and sentences about what was asked for and cannot be. */
export interface Offer {
  tools: AgentTool[];
  faults: string[];
}

/** The longest name of a function that OpenAI and Anthropic take; both take `[a-zA-Z0-9_-]`. */
const NAME_LENGTH = 64;
/** What `status.tools` may hold: items by the schema, bytes so that the Agent fits an object of the cluster. */
const MOST_TOOLS = 4_096;
const MOST_BYTES = 512 * 1_024;

/** The tools that are offered, named. */
export function offerOf(served: readonly Served[], reached: readonly Reached[] = []): Offer {
  const onServers = served.flatMap(toolsOf);
  const wanted = [...onServers, ...reached.map(personOf)];
  const names = nameAll(wanted);
  const tools = wanted.map(({ tool }, i): AgentTool => ({ name: names[i] ?? "", ...tool }));
  const faults = served.flatMap(faultOf);
  return isTooMuch(tools) ? { tools: [], faults: [...faults, tooMany(onServers.length)] } : { tools, faults };
}

/** A tool before it has its name: the name it should have, and the text that no other tool stands for. */
interface Wanted {
  readable: string;
  standsFor: string;
  tool: Omit<AgentTool, "name">;
}

function toolsOf({ server, tools = [] }: Served): Wanted[] {
  const source = `${resources.mcpServer.kind}/${server.name}`;
  return [...new Set(tools)]
    .filter((tool) => server.tools?.includes(tool) ?? true)
    .map((tool) => ({
      readable: `${server.name}__${tool}`,
      standsFor: `${server.name}/${tool}`,
      tool: { kind: "MCP", source, tool },
    }));
}

/** A kind has capitals and a server's name has none, so this stands for something else than every tool of a server. */
function personOf({ channel, type }: Reached): Wanted {
  const source = `${resources.contactChannel.kind}/${channel}`;
  return { readable: `${channel}__${contactNames[type]}`, standsFor: source, tool: { kind: "HumanContact", source } };
}

const contactNames: Record<ChannelType, string> = {
  email: "human_contact_email",
  slack: "human_contact_slack",
  kubernetes: "human_contact",
  webhook: "human_contact",
};

/** The name of each, in the same order. */
function nameAll(wanted: readonly Wanted[]): string[] {
  const plain = wanted.map(plainName);
  const times = new Map<string, number>();
  for (const name of plain) times.set(name ?? "", (times.get(name ?? "") ?? 0) + 1);
  const taken = new Set<string>();
  const names = plain.map((name) => (name !== undefined && times.get(name) === 1 ? name : undefined));
  for (const name of names) if (name !== undefined) taken.add(name);
  return wanted.map((each, i) => names[i] ?? hashedName(each, taken));
}

/** The name as O1 has it, if it need not be changed. */
function plainName({ readable }: Wanted): string | undefined {
  return readable.length <= NAME_LENGTH && !FOREIGN.test(readable) ? readable : undefined;
}

/** Characters that no provider takes; whole ones, so that each becomes one `_`. */
const FOREIGN = /[^a-zA-Z0-9_-]/u;

/**
 * The name with a hash of what it stands for. A tool may be called just as another's hashed name would be; only then
 * does it depend on others: the hash is taken again, with a number.
 */
function hashedName({ readable, standsFor }: Wanted, taken: Set<string>): string {
  const legal = readable.replaceAll(new RegExp(FOREIGN, "gu"), "_");
  for (let turn = 0; ; turn++) {
    const hash = shortHash(`${standsFor}${turn === 0 ? "" : `#${turn}`}`);
    const name = `${legal.slice(0, NAME_LENGTH - hash.length - 1)}_${hash}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

/** Tools that the agent lists and the server lacks. Of a server that was never seen nothing can be said. */
function faultOf({ server, tools }: Served): string[] {
  const lacking = tools ? (server.tools ?? []).filter((tool) => !tools.includes(tool)) : [];
  if (tools === undefined || lacking.length === 0) return [];
  const has = tools.length === 0 ? "it has none" : `it has ${some(tools)}`;
  return [`MCPServer "${server.name}" has no tool ${some(lacking)}: ${has}. Correct spec.mcpServers.`];
}

const MOST_NAMED = 10;

function some(tools: string[]): string {
  const named = tools.slice(0, MOST_NAMED).map((tool) => `"${tool}"`);
  return listed(tools.length > MOST_NAMED ? [...named, `${tools.length - MOST_NAMED} more`] : named);
}

function isTooMuch(tools: AgentTool[]): boolean {
  return tools.length > MOST_TOOLS || Buffer.byteLength(JSON.stringify(tools)) > MOST_BYTES;
}

function tooMany(tools: number): string {
  return `The MCPServers have ${tools} tools, more than an Agent can list. List those it is to have in spec.mcpServers[].tools.`;
}
