/** The sentences an MCPServer says about itself, and what it is allowed to say about the server. Pure. */
import type { McpAbout } from "../../adapters/mcp/port";
import { listed } from "../../runtime/listed";
import { unreadable, withoutValue } from "../secret-words";
import { storable } from "../../runtime/storable";
import type { AbsentValue } from "./readiness";

export { unreadable };

/** The server is connected and has so many tools; `missing` says what of them could not be kept. */
export function connected(tools: number, missing: string | undefined): string {
  const said = `Connected successfully with ${tools} tools`;
  return missing === undefined ? said : `${said}. ${missing}`;
}

/** Values that are not in their Secrets; the sentence that ends in a command is about the first of them. */
export function withoutValues(absent: AbsentValue[]): string {
  const what = listed([...new Set(absent.map(({ field, name }) => `"${name}" (${field})`))]);
  const [first] = absent;
  const cure = first && withoutValue(first.found, { called: "value", placeholder: "THE_VALUE" });
  return `Not connected for want of ${what}. ${cure ?? ""}`;
}

/** How the server introduces itself, in the schema's bounds. */
export function introduced(serverInfo: McpAbout["serverInfo"]): McpAbout["serverInfo"] {
  const { name, title, version } = serverInfo;
  return {
    ...(name !== undefined && { name: storable(name, 1_024) }),
    ...(title !== undefined && { title: storable(title, 1_024) }),
    ...(version !== undefined && { version: storable(version, 1_024) }),
  };
}

/** A failure in the connection's words, which may hold all that a program has written before it ended. */
export function trouble(detail: string): string {
  return storable(detail, TROUBLE_LENGTH);
}

/** Leaves room in an Agent's detail for those of several servers. */
const TROUBLE_LENGTH = 8_192;
