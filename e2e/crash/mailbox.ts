/**
 * The mailbox of the people in the crash proof: the HumanLayer-compatible server, over its own API, as a person or a program
 * with its key has it. It lives on while the operator is killed. It says what is there and answers what it is told to.
 */
import type { Item, Json, Kind } from "../../humanlayer/items";
import { kinds, optionsOf } from "../../humanlayer/items";
import { openStore } from "../../humanlayer/store";
import type { HumanLayerServer } from "../../humanlayer/server";
import type { Saying } from "./answers";
import type { Mail } from "./evidence";

/** How an attempt to say something ended. `Busy`: surely not heard; `Unsure`: perhaps heard. Both are worth trying again. */
export type Tried = "Taken" | "Refused" | "Busy" | "Unsure" | "Swallowed";

/** An unanswered item, and what it is. */
export interface Letter extends Mail {
  item: Item;
  sort: Kind;
}

/** Everything that waits in the mailbox; throws when the server does not answer. */
export async function readMailbox(server: HumanLayerServer): Promise<Letter[]> {
  const letters: Letter[] = [];
  for (const sort of kinds) {
    const listed = await ask(server, "GET", `/agent/${sort}s/pending`);
    letters.push(...((await listed.json()) as Item[]).map((item) => ({ item, sort, ...mailOf(sort, item) })));
  }
  return letters;
}

/** Answers an item. */
export async function answer(server: HumanLayerServer, letter: Letter, saying: Saying): Promise<Tried> {
  const body = { ...statusFor(letter, saying), user_info: { email: "ann@example.com" } };
  const { status } = await ask(server, "POST", `/agent/${letter.sort}s/${letter.id}/respond`, body);
  if (status === 200) return "Taken";
  return status < 500 ? "Refused" : "Busy";
}

/** Whether what somebody said is the answer to an item. */
export async function isAnsweredBy(server: HumanLayerServer, letter: Letter, { comment }: Saying): Promise<boolean> {
  const found = await ask(server, "GET", `/${ITEMS[letter.sort]}/${letter.id}`);
  const { status } = (await found.json()) as Partial<Item>;
  return status?.["comment"] === comment || status?.["response"] === comment;
}

/** Says that a notice was read. */
export async function acknowledge(server: HumanLayerServer, { sort, id }: Letter): Promise<void> {
  await ask(server, "POST", `/agent/${sort}s/${id}/respond`, { response: "Thank you." });
}

/** Everything that ever came into the mailbox, from its own file. */
export function allMails(file: string): Mail[] {
  const store = openStore(file);
  try {
    const pending = kinds.flatMap((kind) => store.pending(kind).map((item) => ({ kind, item })));
    return [...pending, ...store.answered(Number.MAX_SAFE_INTEGER)].map(({ kind, item }) => mailOf(kind, item));
  } finally {
    store.close();
  }
}

/** What an item is to whoever reads it. */
export function mailOf(sort: Kind, { call_id: id, spec }: Item): Mail {
  if (sort === "function_call") return { id, kind: "Approval", text: JSON.stringify(spec["kwargs"]) };
  const text = String(spec["msg"]);
  if (optionsOf(sort, spec).length > 0) return { id, kind: "Outcome", text };
  const about = spec["state"] as Json | undefined;
  return { id, kind: about?.["kind"] === "Task" ? "Notice" : "Input", text };
}

/** Where items are looked up. */
const ITEMS: Record<Kind, string> = { function_call: "function_calls", human_contact: "contact_requests" };

/** What the buttons of the question are called. */
const OPTIONS = { Approve: "run-again", Respond: "result-is", Reject: "give-up" };

function statusFor({ kind }: Letter, { decision, comment }: Saying): Json {
  switch (kind) {
    case "Approval":
      return { approved: decision === "Approve", comment };
    case "Outcome":
      return { response_option_name: OPTIONS[decision], response: comment };
    default:
      return { response: comment };
  }
}

function ask({ url, key }: HumanLayerServer, method: string, path: string, body?: Json): Promise<Response> {
  return fetch(`${url}/humanlayer/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
}
