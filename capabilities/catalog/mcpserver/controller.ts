/** The MCPServer controller: what has an MCPServer looked at, what one look is, and when a connection is let go. */
import type { MCPServer } from "../../../crds/index";
import { resources } from "../../../crds/index";
import type { Controller } from "../../runtime/controller";
import { createController } from "../../runtime/controller";
import type { Key } from "../../runtime/objects";
import { keyOf } from "../../runtime/objects";
import type { Outcome } from "../../runtime/outcome";
import { done } from "../../runtime/outcome";
import { observe } from "./observe";
import { connect, perform } from "./perform";
import { decide } from "./readiness";
import { resolve, secretRefsOf } from "./target";
import type { MCPServerNeighbours, MCPServerWorld } from "./world";

/** Follows MCPServers, their Secrets and their connections. */
export function createMCPServerController(neighbours: MCPServerNeighbours): Controller<MCPServer> {
  const { mcpServers, mcp, secrets, cluster, clock, log, random } = neighbours;
  const world: MCPServerWorld = { ...neighbours, wakeAt: (key, when) => controller.wakeAt(key, when) };
  const controller = createController<MCPServer>({
    name: "mcpserver-controller",
    resource: resources.mcpServer,
    store: mcpServers,
    reconcile: (key) => reconcileMCPServer(key, world),
    cluster,
    clock,
    log,
    random,
  });

  mcpServers.index("catalog/secret", (server) => [
    ...new Set(secretRefsOf(server).map((ref) => keyOf({ metadata: ref }))),
  ]);
  mcpServers.index("catalog/uid", (server) => [server.metadata.uid]);
  const wakeAll = (index: string, value: string): void => {
    for (const server of mcpServers.byIndex(index, value)) controller.wake(keyOf(server));
  };
  secrets.onChange(function wakeServersOf(secret) {
    wakeAll("catalog/secret", secret);
  });
  mcp.subscribe(function wakeConnected(uid) {
    wakeAll("catalog/uid", uid);
  });
  mcpServers.subscribe(function dropConnections({ object, previous }) {
    if (previous && previous.metadata.uid !== object?.metadata.uid) mcp.drop(previous.metadata.uid);
    if (object?.metadata.deletionTimestamp) mcp.drop(object.metadata.uid);
  });
  return controller;
}

async function reconcileMCPServer(key: Key, world: MCPServerWorld): Promise<Outcome> {
  const server = world.mcpServers.get(key);
  if (!server || server.metadata.deletionTimestamp) return done;
  const resolved = await resolve(server, world.secrets);
  // What went or changed meanwhile has queued the key again; a connection for it would never be let go.
  if (!isCurrent(server, world.mcpServers.get(key))) return done;
  connect(server, resolved, world);
  return perform(decide(observe(server, resolved.values, world)), server, world);
}

function isCurrent({ metadata }: MCPServer, known: MCPServer | undefined): boolean {
  return known?.metadata.uid === metadata.uid && known.metadata.resourceVersion === metadata.resourceVersion;
}
