/** Where there is nothing to do nothing is done, and no process turns on the spot. */
import type { ToolCall } from "../../../crds/index";
import type { Evidence } from "./evidence";
import { isParked } from "./lives";

/** What a process may do while there is nothing to do: look whether its watches are alive, and whether a key or a channel still works. */
const restful = /^(listMetadata |verify$|channels\.check$|get secrets$)/;

/** Nothing is polled but the answers that calls wait for. */
export function restsWhenDone(evidence: Evidence): string[] {
  const awaited = awaitedIn(evidence);
  const restless = evidence.outside.filter(
    ({ at, what, name }) =>
      at > evidence.quietFrom && !restful.test(what) && !(what === "channels.get" && awaited.has(name)),
  );
  return restless.map(
    ({ what, name, at }) => `There was nothing to do, but a process did: ${what} ${name} at ${at.toISOString()}`,
  );
}

/** The ids of the questions that were open at the end. */
function awaitedIn({ versions }: Evidence): Set<string> {
  const ids = new Map<string, string | undefined>();
  for (const { object, change } of versions) {
    if (object.kind !== "ToolCall") continue;
    const isOpen = change === "Stored" && isParked(object as ToolCall);
    ids.set(object.metadata.uid, isOpen ? (object as ToolCall).status?.externalCallID : undefined);
  }
  return new Set([...ids.values()].flatMap((id) => id ?? []));
}

/** Attempts to write that lost a race or were refused, for every one that did not: more than that is a process that turns on the spot. */
const FUTILE_WRITES = 2;
const FUTILE_WRITES_IN_A_STORM = 10;

/** Nobody writes much more often than there is something to write. */
export function neverSpins({ outside, versions, isStormy, kills }: Evidence): string[] {
  const writes = outside.filter(({ what }) => what.startsWith("replaceStatus")).length;
  const stored = versions.filter(({ object }) => "status" in object).length;
  const most = (isStormy ? FUTILE_WRITES_IN_A_STORM : FUTILE_WRITES) * stored + kills + 5;
  return writes <= most ? [] : [`A process turned on the spot: ${writes} attempts to write for ${stored} versions`];
}
