/**
 * What Pepr 1.1.4 leaves of its own in an answer to the API server, and how it is taken out again in PeprModule's
 * `afterHook`: the annotation it puts on every object, and the technical shape of a refused Mutate. Decides nothing.
 */

/** The parts of an AdmissionReview response that Pepr fills in and that are changed here (pepr src/lib/k8s.ts). */
export interface AdmissionResponse {
  allowed: boolean;
  /** JSON patch (RFC 6902), JSON, base64. */
  patch?: string;
  patchType?: "JSONPatch";
  warnings?: string[];
  /** A field of Pepr's own that the API server does not read; set when a Mutate action threw and `onError` is `reject`. */
  result?: string;
  status?: { code: number; message: string };
}

/** For `new PeprModule(…, { afterHook })`. Changes the response in place, as Pepr sends that very object. */
export function withoutBookkeeping(response: AdmissionResponse): void {
  dropAnnotation(response);
  sayWhy(response);
}

/**
 * Pepr annotates every object that passes a Mutate action with `<uuid>.pepr.dev/<capability>` (mutate-processor.ts,
 * updateStatus); `uuid` is the one in package.json.
 */
const BOOKKEEPING = "kubechain.pepr.dev/";
const ANNOTATIONS = "/metadata/annotations";

interface Operation {
  op: string;
  path: string;
  value?: unknown;
}

/** Drops from the patch what only writes Pepr's annotation, and the patch itself when nothing else is in it. */
function dropAnnotation(response: AdmissionResponse): void {
  if (response.patch === undefined) return;
  const operations = decode(response.patch);
  const kept = operations.flatMap(withoutAnnotation);
  if (kept.length === 0) {
    delete response.patch;
    delete response.patchType;
  } else {
    response.patch = Buffer.from(JSON.stringify(kept)).toString("base64");
  }
}

function decode(patch: string): Operation[] {
  return JSON.parse(Buffer.from(patch, "base64").toString("utf8")) as Operation[];
}

function withoutAnnotation(operation: Operation): Operation[] {
  if (operation.path.startsWith(`${ANNOTATIONS}/`)) {
    return isBookkeeping(unescaped(operation.path.slice(ANNOTATIONS.length + 1))) ? [] : [operation];
  }
  if (operation.path !== ANNOTATIONS || !isRecord(operation.value)) return [operation];
  const others = Object.entries(operation.value).filter(([key]) => !isBookkeeping(key));
  return others.length === 0 ? [] : [{ ...operation, value: Object.fromEntries(others) }];
}

function isBookkeeping(annotation: string): boolean {
  return annotation.startsWith(BOOKKEEPING);
}

/** A segment of a JSON pointer, RFC 6901 section 4. */
function unescaped(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** How Pepr introduces what a Mutate action threw (mutate-processor.ts, processRequest). */
const THROWN = "Action failed: ";

/**
 * A Mutate action can refuse only by throwing, and Pepr then tells the person in a warning and leaves the refusal itself
 * without a word. Moves the sentence to where kubectl prints it.
 */
function sayWhy(response: AdmissionResponse): void {
  if (response.allowed || response.result === undefined) return;
  const reasons = (response.warnings ?? []).filter((warning) => warning.startsWith(THROWN));
  const others = (response.warnings ?? []).filter((warning) => !warning.startsWith(THROWN));
  delete response.result;
  delete response.warnings;
  if (others.length > 0) response.warnings = others;
  response.status = {
    code: 422,
    message: reasons.map((reason) => reason.slice(THROWN.length)).join(" "),
  };
}
