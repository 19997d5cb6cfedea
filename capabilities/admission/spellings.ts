/**
 * Old spellings of fields and where their values live now. Pure: one table for all kinds and one function that moves
 * the values. It never guesses between two different values; it says so in a sentence instead.
 */
import { isRecord } from "../runtime/json";

/** A spec as it comes over the wire, before any schema has looked at it. */
export type RawSpec = Readonly<Record<string, unknown>>;

/** A deprecated field of the spec and the path, inside the spec, of the field that replaced it. Both hold text. */
interface Move {
  from: string;
  to: readonly [string] | readonly [string, string];
}

/** Every deprecated spelling, by kind. The schemas refuse what is left of them (`moved` in crds/define.ts). */
const MOVES: Readonly<Record<string, readonly Move[]>> = {
  Task: [
    { from: "message", to: ["userMessage"] },
    { from: "agent", to: ["agentRef", "name"] },
  ],
  TaskRun: [{ from: "task", to: ["taskRef", "name"] }],
  MCPServer: [{ from: "type", to: ["transport"] }],
  LLM: [{ from: "model", to: ["parameters", "model"] }],
};

/** `Contradiction.message` completes the sentence "Task "x" in namespace "y" …". */
export type Respelling =
  | { kind: "AsIs" }
  | { kind: "Moved"; spec: RawSpec }
  | { kind: "Contradiction"; message: string };

/**
 * The spec in today's spelling. `stored` is the spec that the cluster holds, for an update.
 *
 * `kubectl apply` of a manifest in the old spelling sends the old field together with the new one that we wrote last
 * time. So on an update a new field that is just as stored was not written by this request: the old spelling is what
 * the person changed, and it wins. Anywhere else two different values contradict each other.
 */
export function respell(kind: string, spec: RawSpec, stored?: RawSpec): Respelling {
  let current: RawSpec | undefined;
  for (const move of MOVES[kind] ?? []) {
    const outcome = apply(move, current ?? spec, stored);
    if (outcome.kind === "Contradiction") return outcome;
    if (outcome.kind === "Moved") current = outcome.spec;
  }
  return current ? { kind: "Moved", spec: current } : { kind: "AsIs" };
}

function apply(move: Move, spec: RawSpec, stored: RawSpec | undefined): Respelling {
  const old = spec[move.from];
  // Anything but text is no value of this field: the schema refuses it in its own words.
  if (typeof old !== "string") return { kind: "AsIs" };
  const [field, inner] = move.to;
  const holder = inner === undefined ? spec : (spec[field] ?? {});
  if (!isRecord(holder)) return { kind: "AsIs" };

  const now = valueAt(spec, move.to);
  const isCarriedOver = stored !== undefined && now === valueAt(stored, move.to);
  if (now !== undefined && now !== old && !isCarriedOver)
    return { kind: "Contradiction", message: contradiction(move) };

  const { [move.from]: _moved, ...rest } = spec;
  return {
    kind: "Moved",
    spec: {
      ...rest,
      [field]: inner === undefined ? old : { ...holder, [inner]: old },
    },
  };
}

function contradiction({ from, to }: Move): string {
  const now = `spec.${to.join(".")}`;
  return `says one thing in spec.${from} and another in ${now}. spec.${from} is only the old name of ${now}: remove spec.${from}.`;
}

function valueAt(spec: RawSpec, path: Move["to"]): unknown {
  const [field, inner] = path;
  const value = spec[field] ?? undefined;
  if (inner === undefined) return value;
  return isRecord(value) ? (value[inner] ?? undefined) : undefined;
}
