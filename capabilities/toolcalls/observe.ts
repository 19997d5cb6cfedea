/**
 * Makes one plain value of everything a decision about a ToolCall depends on. Reads memory only: stores, links, calls in
 * flight, the clock.
 */
import type { MCPServer, MCPTool, Task, ToolCall } from "../../crds/index";
import type { McpLink } from "../adapters/mcp/port";
import type { Fit, InProcess, Observed, TaskSeen, ToolSeen } from "./decision";
import { timeoutOf } from "./limits";
import { argumentsOf } from "./answers";
import { observePeople } from "./people";
import type { CallState } from "./state";
import { readState } from "./stored";
import type { ToolCallWorld } from "./world";

/** What is seen of a call now. */
export function observe(call: ToolCall, world: ToolCallWorld): Observed {
  const state = readState(call);
  const source = findSource(call, world);
  return {
    now: world.clock.now(),
    uid: call.metadata.uid,
    createdAt: new Date(call.metadata.creationTimestamp ?? 0),
    lookingSince: world.lookingSince,
    holder: world.holder,
    spec: call.spec,
    state,
    task: taskOf(call, world),
    tool: toolOf(call, source, world),
    fit: fitOf(call, state, source, world),
    call: callOf(call, state, world),
    people: observePeople(call, state, source, world),
    isSpecNew: (call.metadata.generation ?? 0) > (call.status?.observedGeneration ?? 0),
    deleting: call.metadata.deletionTimestamp !== undefined,
    stopping: world.stopping(),
  };
}

/** The uid of the task that asked, as the owner reference has it: a task of the same name may be another one. */
export function ownerUid(call: ToolCall): string | undefined {
  return call.metadata.ownerReferences?.find(({ kind }) => kind === "Task")?.uid;
}

function taskOf(call: ToolCall, world: ToolCallWorld): TaskSeen {
  const name = call.spec.taskRef?.name;
  const task = name === undefined ? undefined : world.tasks.get(`${call.metadata.namespace}/${name}`);
  if (!task || task.metadata.uid !== ownerUid(call)) return { kind: "Missing" };
  return {
    kind: "Found",
    name: task.metadata.name,
    isSuspended: task.spec.suspended === true,
    isOver: isTaskOver(task),
  };
}

/** Whether nothing more will come of a task; its calls cancel themselves then. */
export function isTaskOver(task: Task): boolean {
  const { spec, status, metadata } = task;
  return spec.cancelled === true || metadata.deletionTimestamp !== undefined || endings.has(status?.phase ?? "Pending");
}

const endings: ReadonlySet<string> = new Set(["FinalAnswer", "Failed", "Cancelled"] satisfies NonNullable<
  Task["status"]
>["phase"][]);

/** Where a call's tool is found: the server's object, the name of the tool on it, what is known of both. */
export type Source =
  | { kind: "None" }
  | { kind: "NoServer"; name: string }
  /** A person is asked over this ContactChannel. */
  | { kind: "Channel"; name: string }
  | { kind: "Server"; server: MCPServer; tool: string; offered: MCPTool | undefined; link: McpLink | undefined };

/** Finds a call's tool. */
export function findSource(call: ToolCall, world: Pick<ToolCallWorld, "mcpServers" | "mcp">): Source {
  const { toolType, source } = call.spec;
  if (toolType === "HumanContact" && source?.kind === "ContactChannel") return { kind: "Channel", name: source.name };
  if (toolType !== "MCP" || source?.kind !== "MCPServer" || source.tool === undefined) return { kind: "None" };
  const { name: serverName, tool } = source;
  const server = world.mcpServers.get(`${call.metadata.namespace}/${serverName}`);
  if (!server || server.metadata.deletionTimestamp) return { kind: "NoServer", name: serverName };
  return { kind: "Server", server, tool, ...offerOf(server, tool, world) };
}

function offerOf(
  server: MCPServer,
  tool: string,
  world: Pick<ToolCallWorld, "mcp">,
): Pick<Extract<Source, { kind: "Server" }>, "offered" | "link"> {
  const link = world.mcp.look(server.metadata.uid);
  const onStatus = server.status?.tools?.find(({ name }) => name === tool);
  const onLink = link?.kind === "Connected" ? link.tools.find(({ name }) => name === tool) : undefined;
  // What the model was shown counts; the connection knows what the status has not shown yet, or has no room for.
  const offered = onStatus && onLink ? { ...onLink, ...onStatus } : (onStatus ?? onLink);
  return { offered, link };
}

function toolOf(call: ToolCall, source: Source, world: ToolCallWorld): ToolSeen {
  if (source.kind === "None") return { kind: "NotOffered" };
  if (source.kind === "Channel") return { kind: "Person", channel: source.name, asks: asksOf(call, world) };
  if (source.kind === "NoServer") return { kind: "NoServer", server: source.name };
  const { server, offered, link } = source;
  const isConnected = link?.kind === "Connected";
  if (isConnected && !offered) return { kind: "NoLonger", server: server.metadata.name };
  const away = awayOf(link);
  return {
    kind: "Known",
    server: server.metadata.name,
    timeoutMs: timeoutOf(server.spec),
    isSafe: server.spec.trustAnnotations === true && isCalledSafe(offered),
    isListed: offered !== undefined,
    isConnected,
    ...(away !== undefined && { away }),
  };
}

/** What the model asks a person; empty where it asks nothing, which does not fit. */
function asksOf(call: ToolCall, world: ToolCallWorld): string {
  const parsed = world.arguments.read(argumentsOf(call));
  const message = parsed.kind === "Object" ? parsed.value["message"] : undefined;
  return typeof message === "string" ? message.trim() : "";
}

function awayOf(link: McpLink | undefined): string | undefined {
  return link?.kind === "Away" ? link.detail.slice(0, 2_000) : undefined;
}

/** The server's own hints (MCP, ToolAnnotations); believed only where the MCPServer says so. */
function isCalledSafe(tool: MCPTool | undefined): boolean {
  const hints = tool?.annotations ?? {};
  return hints["readOnlyHint"] === true || hints["idempotentHint"] === true;
}

/** Arguments are checked before a call is begun for the first time; what has been sent once has passed. */
function fitOf(call: ToolCall, state: CallState, source: Source, world: ToolCallWorld): Fit {
  if (state.status !== "Pending" || source.kind === "None") return { kind: "Unchecked" };
  if (source.kind === "Channel") return fitOfQuestion(call, world);
  const schema = source.kind === "Server" ? source.offered?.inputSchema : undefined;
  return world.arguments.check(call.spec.arguments, schema);
}

/** The arguments of a tool that asks a person. */
const QUESTION_SCHEMA = { type: "object", properties: { message: { type: "string" } }, required: ["message"] };

function fitOfQuestion(call: ToolCall, world: ToolCallWorld): Fit {
  const fit = world.arguments.check(call.spec.arguments, QUESTION_SCHEMA);
  if (fit.kind !== "Fits" || asksOf(call, world) !== "") return fit;
  return { kind: "Unfit", why: "arguments.message: it is empty. Say in it what the person is asked" };
}

function callOf(call: ToolCall, state: CallState, world: ToolCallWorld): InProcess {
  const { uid } = call.metadata;
  const effect = world.calls.look(uid);
  if (effect?.kind === "Running") return { kind: "Running" };
  if (effect) return { kind: "Finished", outcome: effect.outcome };
  const unsent = world.unsent.get(uid);
  const isIt = state.status === "Executing" && state.attempts === unsent?.attempt && state.holder === world.holder;
  return isIt ? { kind: "Finished", outcome: { kind: "NotSent", message: unsent.because } } : { kind: "None" };
}
