/**
 * Our side of the MCP conformance suite, as a program: connects to the server whose address is its last argument through
 * the adapter that the operator uses, calls every tool that it finds (or those that the suite names), answers what tools
 * ask, and ends. The suite's server is the one that judges.
 *
 *     node --import tsx e2e/mcp-client.ts URL
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createMcpServers } from "../capabilities/adapters/mcp/index";
import type { McpOutcome } from "../capabilities/adapters/mcp/port";
import { systemClock } from "../capabilities/runtime/clock";
import { isRecord } from "../capabilities/runtime/json";
import { silentLog } from "../capabilities/runtime/log";
import type { MCPTool } from "../crds/index";

type Fields = Record<string, unknown>;
interface Planned {
  name: string;
  arguments?: Fields;
}

const PATIENCE_MS = 20_000;
/** A tool that never stops asking is answered no more often than this. */
const MOST_ROUNDS = 5;

const servers = createMcpServers({ clock: systemClock, log: silentLog });
const { toolCalls } = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as { toolCalls?: Planned[] };
const target = { uid: "x", namespace: "default", name: "conformance", transport: "http" as const };

async function run(): Promise<void> {
  servers.follow({ ...target, url: process.argv.at(-1) ?? "", timeoutMs: PATIENCE_MS });
  const tools = await toolsOnceConnected();
  for (const { name, arguments: given } of toolCalls ?? tools.map((tool) => planned(tool, tools))) {
    await callAndAnswer(name, given ?? {});
  }
  await servers.close(1_000);
}

async function toolsOnceConnected(): Promise<MCPTool[]> {
  for (;;) {
    const link = servers.look(target.uid);
    if (link?.kind === "Connected") return link.tools;
    if (link?.kind === "Away") throw new Error(link.detail);
    await sleep(10);
  }
}

async function callAndAnswer(tool: string, given: Fields): Promise<void> {
  let outcome = await call(tool, given);
  for (let round = 0; round < MOST_ROUNDS && outcome.kind === "InputRequired"; round++) {
    const { requestState, inputRequests } = outcome;
    const answers = Object.entries(inputRequests).map(([name, question]) => [name, accepted(question)]);
    outcome = await call(tool, given, {
      ...(requestState !== undefined && { requestState }),
      inputResponses: Object.fromEntries(answers) as Fields,
    });
  }
  process.stdout.write(`${tool}: ${JSON.stringify(outcome)}\n`);
}

let calls = 0;
function call(
  tool: string,
  given: Fields,
  more: { requestState?: string; inputResponses?: Fields } = {},
): Promise<McpOutcome> {
  const request = { tool, arguments: given, idempotencyKey: `call-${++calls}`, ...more };
  return servers.call(target.uid, request, new AbortController().signal);
}

/** One tool of the suite wants to see what became of another's schema on its way. */
function planned({ name, inputSchema }: MCPTool, tools: MCPTool[]): Planned {
  if (name !== "json_schema_echo") return { name, arguments: filled(inputSchema) };
  return { name, arguments: { schema: tools.find((other) => other.name === "json_schema_2020_12_tool")?.inputSchema } };
}

function accepted(question: unknown): Fields {
  const params = isRecord(question) && isRecord(question["params"]) ? question["params"] : {};
  return { action: "accept", content: filled(params["requestedSchema"]) };
}

/** Something for every property of an object's schema. */
function filled(schema: unknown): Fields {
  const properties = isRecord(schema) && isRecord(schema["properties"]) ? schema["properties"] : {};
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, valueFor(property)]));
}

const SAMPLES: Fields = { string: "text", integer: 5, number: 5, boolean: true, array: [], object: {} };
function valueFor(schema: unknown): unknown {
  return isRecord(schema) ? (schema["default"] ?? SAMPLES[String(schema["type"])] ?? "text") : "text";
}

void run();
