/**
 * Has Pepr's watch list our kinds in pages. It asks for all objects of a kind at once (kubernetes-fluent-client 3.11.6,
 * `fluent/watch.ts`), so that ten thousand tasks would be in memory three times over while a process starts; but it goes on
 * with a continue token where it gets one. It has no setting for that, and undici tells of every request before it leaves.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { group, version } from "../crds/index";

/** What undici 7 tells its subscribers (docs/docs/api/DiagnosticsChannel.md), as far as it is of use here. */
interface Told {
  request: { method: string; path: string };
}

const CREATED = "undici:request:create";
const LIST = new RegExp(`^/apis/${group.replaceAll(".", "\\.")}/${version}/[a-z]+(\\?|$)`);
/** As many as kubectl asks for at once. */
const PAGE = 500;

function shorten(message: unknown): void {
  const { request } = message as Told;
  if (request.method !== "GET" || !LIST.test(request.path)) return;
  const asked = new URLSearchParams(request.path.split("?")[1]);
  if (asked.has("watch") || asked.has("limit")) return;
  request.path += `${request.path.includes("?") ? "&" : "?"}limit=${PAGE}`;
}

/** From now on; calling the result ends it. */
export function listInPages(): () => void {
  subscribe(CREATED, shorten);
  return () => void unsubscribe(CREATED, shorten);
}
