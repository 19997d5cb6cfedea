/**
 * From an MCPServer to how it is reached: values that stay in Secrets are read and put in their places. Owns no memory,
 * and what it returns under `target` is for the connection alone: it is never stored, logged or decided upon.
 */
import type { MCPServer, NamedValue } from "../../../crds/index";
import { durationMs } from "../../../crds/index";
import type { McpTarget } from "../../adapters/mcp/port";
import type { SecretRef, Secrets, SecretValue } from "../../runtime/secrets";
import type { AbsentValue, Values } from "./readiness";

/** The target when every value was found; beside it what the readiness may know of the search. */
export type Resolved =
  | { values: Extract<Values, { kind: "Found" }>; target: McpTarget }
  | { values: Exclude<Values, { kind: "Found" }> };

/** The schema's default of `timeout`, for an object that is older than the schema and may lack it. */
const DEFAULT_TIMEOUT_MS = 60_000;

/** How long connecting, or one call, may take, in milliseconds. */
export function timeoutMsOf({ spec }: MCPServer): number {
  return durationMs(spec.timeout) ?? DEFAULT_TIMEOUT_MS;
}

/** The values of `spec.env` and `spec.headers` that are in Secrets. */
export function secretRefsOf(server: MCPServer): SecretRef[] {
  return [...(server.spec.env ?? []), ...(server.spec.headers ?? [])].flatMap(
    (value) => refOf(value, server.metadata.namespace) ?? [],
  );
}

function refOf({ valueFrom }: NamedValue, namespace: string): SecretRef | undefined {
  return valueFrom && { namespace, ...valueFrom.secretKeyRef };
}

interface Sought {
  field: "env" | "headers";
  name: string;
  found: { kind: "Value"; value: string } | (Exclude<SecretValue, { kind: "Value" }> & { ref: SecretRef });
}

/** Reads what has to be read, all at once. Never rejects. */
export async function resolve(server: MCPServer, secrets: Secrets): Promise<Resolved> {
  const { namespace } = server.metadata;
  const seek = (field: Sought["field"]): Promise<Sought>[] =>
    (server.spec[field] ?? []).map(async (given) => ({
      field,
      name: given.name,
      found: await find(given, namespace, secrets),
    }));
  const sought = await Promise.all([...seek("env"), ...seek("headers")]);

  const absent = sought.flatMap(absenceOf);
  if (absent.length > 0) return { values: { kind: "Absent", absent } };
  for (const { found } of sought) {
    if (found.kind === "Unreadable") return { values: { ...found } };
  }
  return { values: { kind: "Found", fromSecrets: secretRefsOf(server).length > 0 }, target: targetOf(server, sought) };
}

async function find(given: NamedValue, namespace: string, secrets: Secrets): Promise<Sought["found"]> {
  const ref = refOf(given, namespace);
  if (ref === undefined) return { kind: "Value", value: given.value ?? "" };
  const read = await secrets.read(ref);
  return read.kind === "Value" ? { kind: "Value", value: read.value } : { ...read, ref };
}

function absenceOf({ field, name, found }: Sought): AbsentValue[] {
  if (found.kind === "Value" || found.kind === "Unreadable") return [];
  return [{ field: `spec.${field}`, name, found }];
}

/** Only what belongs to the transport; the schema refuses the rest, but an older object may have it. */
function targetOf(server: MCPServer, sought: Sought[]): McpTarget {
  const { metadata, spec } = server;
  const valuesOf = (field: Sought["field"]): Record<string, string> =>
    Object.fromEntries(
      sought.flatMap((each) =>
        each.field === field && each.found.kind === "Value" ? [[each.name, each.found.value]] : [],
      ),
    );
  const { uid, namespace, name } = metadata;
  const common = { uid, namespace, name, transport: spec.transport, timeoutMs: timeoutMsOf(server) };
  return spec.transport === "stdio"
    ? { ...common, command: spec.command ?? "", args: spec.args ?? [], env: valuesOf("env") }
    : { ...common, url: spec.url ?? "", headers: valuesOf("headers") };
}
