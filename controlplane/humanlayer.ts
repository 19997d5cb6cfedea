/**
 * Which HumanLayer the operator's emails and Slack messages go through when a ContactChannel names no `baseUrl`, and where
 * answers come back: decided from the environment and what was decided before. Whether there is a key is all that is ever
 * looked at of it. Pure.
 */
import type { HumanLayerSource, Memory, State } from "./state";

/** Where HumanLayer's clients look for another server, and for their key. */
export const HUMANLAYER_BASE = "HUMANLAYER_API_BASE";
/** Where clients look for their key. */
export const HUMANLAYER_KEY = "HUMANLAYER_API_KEY";

/** Every server of a state, and what talks to it, is on this machine. */
const LOOPBACK = "127.0.0.1";
/** Where HumanLayer has its API, and our server too. */
const API_PATH = "/humanlayer/v1";

/**
 * In this order: HUMANLAYER_API_BASE; a server remembered from before; HumanLayer itself, when HUMANLAYER_API_KEY is in the
 * environment, now or before; our own server. An empty HUMANLAYER_API_BASE forgets what is remembered.
 */
export function chooseHumanLayer(env: NodeJS.ProcessEnv, remembered?: HumanLayerSource): HumanLayerSource {
  const base = env[HUMANLAYER_BASE];
  const before = base === "" ? undefined : remembered;
  if (base) return { kind: "Server", base };
  if (before?.kind === "Server") return before;
  return env[HUMANLAYER_KEY] || before?.kind === "HumanLayer" ? { kind: "HumanLayer" } : { kind: "Own" };
}

/** The page of our own server, at whose root it is; undefined as long as it has no port. */
function pageOf({ ports }: Memory): string | undefined {
  return ports.humanlayer === undefined ? undefined : `http://${LOOPBACK}:${ports.humanlayer}/`;
}

/** Where the operator of a state can be reached by those who bring answers; undefined as long as it has no port. */
export function receiverOf({ ports }: Memory): string | undefined {
  return ports.receiver === undefined ? undefined : `http://${LOOPBACK}:${ports.receiver}`;
}

/** The variables that tell the operator which HumanLayer there is and where its own receiver listens. */
export function peopleVariables(memory: Memory): Record<string, string> {
  const base = baseOf(memory);
  const url = receiverOf(memory);
  return {
    ...(base === undefined ? {} : { [HUMANLAYER_BASE]: base }),
    ...(url === undefined
      ? {}
      : {
          KUBECHAIN_RECEIVER_HOST: LOOPBACK,
          KUBECHAIN_RECEIVER_PORT: String(memory.ports.receiver),
          KUBECHAIN_RECEIVER_URL: url,
        }),
  };
}

function baseOf({ humanLayer, ports }: Memory): string | undefined {
  switch (humanLayer?.kind) {
    case "Own":
      return ports.humanlayer === undefined ? undefined : `http://${LOOPBACK}:${ports.humanlayer}${API_PATH}`;
    case "Server":
      return humanLayer.base;
    case "HumanLayer":
    case undefined:
      return undefined;
  }
}

/** One line for the user. */
export function describeHumanLayer(memory: Memory, state: Pick<State, "humanLayerKey">): string {
  switch (memory.humanLayer?.kind) {
    case "Own":
      return `questions by email and Slack wait on ${pageOf(memory) ?? "a page of this machine"} (the key: ${state.humanLayerKey})`;
    case "Server":
      return `email and Slack through ${memory.humanLayer.base}, with the keys of your Secrets`;
    case "HumanLayer":
    case undefined:
      return "email and Slack through HumanLayer itself, with the keys of your Secrets";
  }
}
