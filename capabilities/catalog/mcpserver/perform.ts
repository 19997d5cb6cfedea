/** Carries out what is wanted of an MCPServer: tells the connections, and says what was decided. It chooses nothing. */
import type { MCPServer } from "../../../crds/index";
import { resources } from "../../../crds/index";
import { assertNever } from "../../runtime/assert-never";
import { keyOf } from "../../runtime/objects";
import type { Outcome } from "../../runtime/outcome";
import { done } from "../../runtime/outcome";
import { say } from "../say";
import type { Decision } from "./readiness";
import type { Resolved } from "./target";
import type { MCPServerWorld } from "./world";

/**
 * Has the connections follow the server as it is described now. They remember nothing over a restart, and repeating it
 * changes nothing, so there is no write that would have to come before.
 */
export function connect(server: MCPServer, resolved: Resolved, { mcp }: MCPServerWorld): void {
  if ("target" in resolved) {
    mcp.follow(resolved.target);
    return;
  }
  switch (resolved.values.kind) {
    case "Absent":
      mcp.drop(server.metadata.uid);
      return;
    case "Unreadable":
      return; // Nothing is known to have changed: what is connected stays so.
    default:
      assertNever(resolved.values);
  }
}

/** Says what was decided. Never rejects. */
export async function perform(decision: Decision, server: MCPServer, world: MCPServerWorld): Promise<Outcome> {
  if (decision.say) {
    const { verdict, own, notes } = decision.say;
    const voice = {
      resource: resources.mcpServer,
      component: "mcpserver-controller",
      store: world.mcpServers,
      ...world,
    };
    const said = await say(server, verdict, voice, { status: own, instead: notes });
    if (said.kind !== "Done") return said;
  }
  if (decision.until) world.wakeAt(keyOf(server), decision.until);
  return done;
}
