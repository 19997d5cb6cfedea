/** Shows the cluster's events as they happen, one line each. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { kubectlEnvironment } from "./kubectl";

/** No tab: kubectl would align columns, and hold lines back to do so. */
const SEPARATOR = "\u001f";
const FIELDS = ["lastTimestamp", "type", "involvedObject.kind", "involvedObject.name", "reason", "message"];
const TEMPLATE = `${FIELDS.map((field) => `{{.${field}}}`).join(SEPARATOR)}{{"\\n"}}`;

/** Calls `show` for every event from now on, until the returned function is called. */
export function watchEvents(
  kubectl: string,
  kubeconfig: string,
  namespace: string,
  show: (line: string) => void,
): () => void {
  const args = ["get", "events", "--watch", "-n", namespace, "-o", `go-template=${TEMPLATE}`];
  const child = spawn(kubectl, args, {
    env: kubectlEnvironment(kubeconfig),
    stdio: ["ignore", "pipe", "ignore"],
  });
  // Events are a comfort: when they cannot be shown, the tables at the end still are.
  child.on("error", () => undefined);
  // Timestamps of events are whole seconds.
  const since = Math.floor(Date.now() / 1000) * 1000;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [at = "", ...event] = line.split(SEPARATOR);
    if (Date.parse(at) >= since) show(formatEvent(event));
  });
  return () => void child.kill();
}

/** An event's type, kind, name, reason and message, as people read them. */
export function formatEvent([type = "", kind = "", name = "", reason = "", ...message]: readonly string[]): string {
  const mark = type === "Warning" ? "!" : " ";
  return `  ${mark} ${`${kind.toLowerCase()}/${name}`.padEnd(28)} ${reason.padEnd(26)} ${message.join(" ")}`;
}
