/**
 * A server's list of tools, read with care: servers are other people's programs. Owns the bounds; what is out of bounds or
 * no tool is left out, everything else stays as the server has it.
 */
import type { MCPTool } from "../../../crds/index";
import { isRecord } from "../../runtime/json";

/** As many tools, and names as long, as the status of an MCPServer can hold. */
const MOST_TOOLS = 4_096;
const LONGEST_NAME = 1_024;
/** A server whose pages never end is not followed for ever. */
const MOST_PAGES = 256;

/** One page of `tools/list`, as it came. */
export interface ToolPage {
  tools?: unknown;
  nextCursor?: unknown;
}

/** Reads all pages. Throws what `fetchPage` throws. */
export async function readTools(fetchPage: (cursor: string | undefined) => Promise<ToolPage>): Promise<MCPTool[]> {
  const tools = new Map<string, MCPTool>();
  const cursors = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { tools: found, nextCursor } = await fetchPage(cursor);
    for (const entry of Array.isArray(found) ? (found as unknown[]) : []) {
      const tool = readTool(entry);
      if (tool === undefined || tools.has(tool.name)) continue;
      tools.set(tool.name, tool);
      if (tools.size === MOST_TOOLS) return [...tools.values()];
    }
    if (typeof nextCursor !== "string" || cursors.has(nextCursor)) break;
    cursors.add(nextCursor);
    cursor = nextCursor;
  }
  return [...tools.values()];
}

function readTool(entry: unknown): MCPTool | undefined {
  if (!isRecord(entry)) return undefined;
  const { name, description, inputSchema, outputSchema, annotations } = entry;
  if (typeof name !== "string" || name === "" || name.length > LONGEST_NAME) return undefined;
  return {
    name,
    ...(typeof description === "string" ? { description } : {}),
    ...(isRecord(inputSchema) ? { inputSchema } : {}),
    ...(isRecord(outputSchema) ? { outputSchema } : {}),
    ...(isRecord(annotations) ? { annotations } : {}),
  };
}
