/** Makes one plain value of everything the readiness of an MCPServer depends on. No value out of a Secret gets into it. */
import type { MCPServer } from "../../../crds/index";
import type { Observed, Values } from "./readiness";
import { timeoutMsOf } from "./target";
import type { MCPServerWorld } from "./world";

/** `values` is what the search for the values has just found; the connection has been told of them. */
export function observe(server: MCPServer, values: Values, world: MCPServerWorld): Observed {
  const { uid, generation = 0 } = server.metadata;
  const now = world.clock.now();
  return {
    now,
    generation,
    timeoutMs: timeoutMsOf(server),
    values,
    link: world.mcp.look(uid) ?? { kind: "Connecting", since: now },
    stored: server.status,
  };
}
