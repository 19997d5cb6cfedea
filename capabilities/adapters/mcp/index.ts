/**
 * The MCP servers, as the machines see them. Owns which servers are followed and who is told of changes; each server's own
 * life is in followed-server.ts.
 */
import type { Clock } from "../../runtime/clock";
import type { Log } from "../../runtime/log";
import { FollowedServer } from "./followed-server";
import type { McpLink, McpOutcome, McpRequest, McpServers, McpTarget } from "./port";

/** What the servers are made of. */
export interface McpServersOptions {
  clock: Clock;
  log: Log;
  /** The operator's environment, of which programs are given HOME, PATH and the like; the process's own when not given. */
  env?: NodeJS.ProcessEnv;
  /** The dice of the pauses between attempts, [0, 1); `Math.random` when not given. */
  random?: () => number;
}

/** The real servers, over stdio and HTTP. Nothing is connected or started before it is followed. */
export function createMcpServers({ clock, log, env, random }: McpServersOptions): McpServers {
  const servers = new Map<string, FollowedServer>();
  /** No longer followed, and not gone yet. */
  const leaving = new Set<FollowedServer>();
  const listeners: ((uid: string) => void)[] = [];
  let isClosed = false;
  const home = {
    clock,
    log,
    env: env ?? process.env,
    random: random ?? Math.random,
    tell: (uid: string): void => {
      // Not from within `follow`, which has not kept the server yet.
      queueMicrotask(() => {
        if (!isClosed) for (const listener of listeners) listener(uid);
      });
    },
  };

  function follow(target: McpTarget): void {
    if (isClosed) return;
    const server = servers.get(target.uid);
    if (server !== undefined) server.follow(target);
    else servers.set(target.uid, new FollowedServer(structuredClone(target), home));
  }

  function drop(uid: string): void {
    const server = servers.get(uid);
    if (server === undefined) return;
    servers.delete(uid);
    leaving.add(server);
    home.tell(uid);
    void server.close().then(() => leaving.delete(server));
  }

  function call(uid: string, request: McpRequest, signal: AbortSignal): Promise<McpOutcome> {
    const server = servers.get(uid);
    const message = "The MCP server is not followed by this process: it has just been created, or was deleted.";
    return server?.call(request, signal) ?? Promise.resolve({ kind: "NotSent", message });
  }

  async function close(graceMs: number): Promise<void> {
    isClosed = true;
    const going = [...servers.values(), ...leaving].map((server) => server.close(graceMs));
    servers.clear();
    await Promise.all(going);
  }

  return {
    follow,
    drop,
    call,
    close,
    look: (uid: string): McpLink | undefined => servers.get(uid)?.link,
    subscribe: (listener) => void listeners.push(listener),
  };
}
