/**
 * The tools of a server as its status keeps them: within the schema's bounds and small enough for one object of the
 * cluster. Pure. Schemas are kept as they are or not at all, never in part, because arguments are checked with them.
 */
import { listed } from "../../runtime/listed";
import type { MCPTool } from "../../../crds/index";
import { storable } from "../../runtime/storable";

/** An object may have 1.5 MiB (etcd's `--max-request-bytes`); the spec, its last-applied copy and the rest need room too. */
export const TOOLS_BYTES = 700 * 1_024;
/** Bounds of the schema, crds/mcpserver.ts. */
const MOST_TOOLS = 4_096;
const NAME_LENGTH = 1_024;
/** Longer than any description that a model needs, in UTF-16 units. */
const DESCRIPTION_LENGTH = 16_384;
/** Deeper than any schema of use; it bounds the stack here and wherever the schema is walked. */
const DEEPEST = 64;

/** The annotations that the protocol defines as hints about what a call does (MCP, ToolAnnotations). */
const HINTS = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];

/** The tools as they are kept, and what is missing of them: a whole sentence, or undefined when nothing is. */
export interface Fitted {
  tools: MCPTool[];
  missing?: string;
}

/** Makes the tools fit. */
export function fit(given: readonly MCPTool[]): Fitted {
  const named = given.filter(({ name }) => isStorableName(name));
  const kept = named.slice(0, MOST_TOOLS).map(toStored);
  const { tools, without } = shrink(kept);
  const missing = sentence({ left: given.length - tools.length, without, unusual: unusualOf(named, kept) });
  return missing === undefined ? { tools } : { tools, missing };
}

function isStorableName(name: string): boolean {
  return name !== "" && name.length <= NAME_LENGTH && isWellFormed(name);
}

/** One tool within the schema's bounds, in fields that the schema knows. */
function toStored({ name, description, inputSchema, outputSchema, annotations }: MCPTool): MCPTool {
  return {
    name,
    ...(description !== undefined && { description: cut(description) }),
    inputSchema: isStorable(inputSchema) ? inputSchema : { type: "object" },
    ...(isStorable(outputSchema) && { outputSchema }),
    ...(isStorable(annotations) && { annotations }),
  };
}

function cut(description: string): string {
  const text = storable(description, DESCRIPTION_LENGTH);
  return description.length > DESCRIPTION_LENGTH ? `${text}…` : text;
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Whether a value is an object that the API server would store exactly as it is. */
function isStorable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && isPlain(value, DEEPEST);
}

function isPlain(value: unknown, levels: number): boolean {
  if (typeof value === "string") return isWellFormed(value);
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.entries(value).every(([key, inner]) => isWellFormed(key) && isPlain(inner, levels - 1));
}

interface Shrunk {
  tools: MCPTool[];
  /** What all tools had to do without, in words. */
  without: string[];
}

/** What is dropped, in this order, when all together is too much: what a model misses least comes first. */
const DROPS: readonly { called: string; drop: (tool: MCPTool) => MCPTool }[] = [
  { called: "output schemas", drop: ({ outputSchema: _dropped, ...tool }) => tool },
  { called: "annotations other than the protocol's hints", drop: withHintsOnly },
  { called: "descriptions", drop: ({ description: _dropped, ...tool }) => tool },
];

function withHintsOnly(tool: MCPTool): MCPTool {
  const { annotations, ...rest } = tool;
  if (annotations === undefined) return tool;
  return { ...rest, annotations: Object.fromEntries(HINTS.flatMap((hint) => booleanOf(annotations, hint))) };
}

function booleanOf(annotations: Record<string, unknown>, hint: string): [string, boolean][] {
  const value = annotations[hint];
  return typeof value === "boolean" ? [[hint, value]] : [];
}

function shrink(given: MCPTool[]): Shrunk {
  let tools = given;
  const without: string[] = [];
  for (const { called, drop } of DROPS) {
    if (total(tools) <= TOOLS_BYTES) return { tools, without };
    tools = tools.map(drop);
    without.push(called);
  }
  return { tools: thatFit(tools), without };
}

/** The last resort: in the server's order, every tool for which there is still room. */
function thatFit(tools: MCPTool[]): MCPTool[] {
  let room = TOOLS_BYTES;
  return tools.filter((tool) => {
    const bytes = storedBytes(tool);
    if (bytes > room) return false;
    room -= bytes;
    return true;
  });
}

function total(tools: MCPTool[]): number {
  return tools.reduce((bytes, tool) => bytes + storedBytes(tool), 0);
}

/** Bytes in etcd: the API server encodes as Go's encoding/json does, which writes `<`, `>` and `&` as six bytes each. */
function storedBytes(tool: MCPTool): number {
  const text = JSON.stringify(tool);
  return Buffer.byteLength(text) + 5 * (text.match(/[<>&]/g)?.length ?? 0) + 1;
}

/** How many tools have a description or schema that is kept differently, for whatever reason. */
function unusualOf(named: readonly MCPTool[], kept: readonly MCPTool[]): number {
  return kept.filter((tool, i) => {
    const given = named[i];
    const isCut = tool.description !== given?.description;
    const isReplaced = given?.inputSchema !== undefined && tool.inputSchema !== given.inputSchema;
    return isCut || isReplaced || tool.outputSchema !== given?.outputSchema || tool.annotations !== given?.annotations;
  }).length;
}

function sentence(lost: { left: number; without: string[]; unusual: number }): string | undefined {
  const parts = [
    ...(lost.without.length > 0 ? [`all tools are kept without ${listed(lost.without)}`] : []),
    ...(lost.unusual > 0 ? [`of ${lost.unusual} a description or schema is cut or left out`] : []),
    ...(lost.left > 0 ? [`${lost.left} are left out and cannot be used`] : []),
  ];
  return parts.length === 0 ? undefined : `Not all that the server says of its tools can be kept: ${listed(parts)}.`;
}
