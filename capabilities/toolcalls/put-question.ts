/**
 * Puts the open question of a call to the people behind its channel: reads the way to them, and leaves the rest to the
 * adapter, which sends it once however often it is put. What it finds in the way is kept in memory until it changes.
 */
import type { ContactChannel, Question, ToolCall } from "../../crds/index";
import type { ReadTarget } from "../adapters/channels/target";
import { readTarget } from "../adapters/channels/target";
import { after } from "../runtime/clock";
import { keyOf } from "../runtime/objects";
import { readQuestions } from "./inputs";
import { channelOf, versionOf } from "./people";
import { questionOf } from "./question";
import { openQuestionOf } from "./state";
import type { Notes, ToolCallWorld } from "./world";

/** When the way to people is looked for again, should nobody say that something has changed. */
const RETRY_MS = 30_000;

/** What this process knows of the open question of a call. */
export function notesOf(call: ToolCall, { notes }: Pick<ToolCallWorld, "notes">): Notes {
  const id = call.status?.externalCallID ?? "";
  const found = notes.get(id) ?? { heard: [], told: new Set() };
  notes.set(id, found);
  return found;
}

/** Puts the open question of a call, if it is to be put. It can be repeated at any time. */
export async function putQuestion(call: ToolCall, world: ToolCallWorld): Promise<void> {
  const id = openQuestionOf(call);
  const { question } = call.status ?? {};
  const channel = question && channelOf(call, question.channel, world);
  if (id === undefined || !channel || channel.spec.type === "kubernetes") return;
  const way = await readTarget(channel, world);
  if (!isStillOpen(id, call, world)) return; // Reading took a moment.
  const notes = notesOf(call, world);
  const version = versionOf(channel);
  if (way.kind === "Target") {
    notes.put = { version };
    world.channels.put(way.target, asPut(id, question, call, world), question.sentAt !== undefined);
  } else {
    const trouble = { detail: troubleOf(way, channel), retryAt: after(world.clock, RETRY_MS) };
    notes.put = { version, trouble };
  }
  world.wake(keyOf(call)); // Its time runs from now on, or what is in the way has to be said.
}

function isStillOpen(id: string, call: ToolCall, world: ToolCallWorld): boolean {
  const now = world.toolCalls.get(keyOf(call));
  return now !== undefined && openQuestionOf(now) === id && !world.stopping();
}

function asPut(id: string, question: Question, call: ToolCall, world: ToolCallWorld): ReturnType<typeof questionOf> {
  const { kind, message = "", schema } = question;
  const parsed = world.arguments.read(call.spec.arguments);
  return questionOf(call, {
    id,
    kind,
    tool: call.spec.toolRef.name,
    message,
    ...(schema && { schema }),
    arguments: parsed.kind === "Object" ? parsed.value : {},
    isConfirmation: kind === "Input" && isConfirmation(call),
  });
}

/** Nothing is to be said but that something is done. */
function isConfirmation({ status }: ToolCall): boolean {
  return status?.inputRequests !== undefined && readQuestions(status.inputRequests).kind === "Confirm";
}

function troubleOf(way: Exclude<ReadTarget, { kind: "Target" }>, { metadata }: ContactChannel): string {
  if (way.kind === "Unreadable") return way.message;
  const { found, field } = way;
  const where = found.kind === "NotGiven" ? "is not given" : `leads to no value in Secret "${found.ref.name}"`;
  return `${field} of ContactChannel "${metadata.name}" ${where}`;
}
