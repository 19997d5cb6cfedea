/** Shows the cluster's events as they happen, one line each. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const TEMPLATE =
  '{{.lastTimestamp}}{{"\\t"}}{{.type}}{{"\\t"}}{{.involvedObject.kind}}/{{.involvedObject.name}}{{"\\t"}}{{.reason}}{{"\\t"}}{{.message}}{{"\\n"}}';

/** Calls `show` for every event from now on, until the returned function is called. */
export function watchEvents(kubectl: string, kubeconfig: string, namespace: string, show: (line: string) => void): () => void {
  const args = ["get", "events", "--watch", "-n", namespace, "-o", `go-template=${TEMPLATE}`];
  const child = spawn(kubectl, args, { env: { ...process.env, KUBECONFIG: kubeconfig }, stdio: ["ignore", "pipe", "ignore"] });
  // Events are a comfort: when they cannot be shown, the tables at the end still are.
  child.on("error", () => undefined);
  // Timestamps of events are whole seconds.
  const since = Math.floor(Date.now() / 1000) * 1000;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [at = "", ...event] = line.split("\t");
    if (Date.parse(at) >= since) show(formatEvent(event));
  });
  return () => void child.kill();
}

/** Type, object, reason and message of an event, as people read them. */
export function formatEvent([type = "", object = "", reason = "", ...message]: readonly string[]): string {
  const [kind = "", name = ""] = object.split("/");
  const mark = type === "Warning" ? "!" : " ";
  return `  ${mark} ${`${kind.toLowerCase()}/${name}`.padEnd(28)} ${reason.padEnd(26)} ${message.join(" ")}`;
}
