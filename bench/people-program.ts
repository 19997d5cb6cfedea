/**
 * The HumanLayer-compatible server as a process of its own, so that its work is not the bench's, with a count of what it is
 * asked. Started by people-service.ts, which it answers over the channel between the two; it ends with it.
 */
import { startHumanLayer } from "../humanlayer/server";
import type { RequestCounts } from "./request-count";
import { countRequests } from "./request-count";

/** What this process says. */
export type Said =
  | { kind: "Ready"; url: string; key: string }
  | { kind: "Failed"; message: string }
  | { kind: "Counted"; counts: RequestCounts };

const say = (said: Said): void => void process.send?.(said);

async function main([database, webhook]: string[]): Promise<void> {
  if (database === undefined || webhook === undefined) throw new Error("people-program.ts DATABASE WEBHOOK");
  const counts = countRequests();
  const log = (line: string): void => void process.stderr.write(`HumanLayer-compatible server: ${line}\n`);
  const server = await startHumanLayer({ database, webhook, log });
  // Whatever is said to this process is a question for the counts.
  process.on("message", () => say({ kind: "Counted", counts: counts() }));
  process.once("disconnect", () => void server.close().finally(() => process.exit(0)));
  say({ kind: "Ready", url: server.url, key: server.key });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  say({ kind: "Failed", message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
});
