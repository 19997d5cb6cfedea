/**
 * Where questions and answers live: one SQLite file. What `add` or `answer` has returned is on the disk (WAL with
 * synchronous=FULL), so it survives the process and a power cut. A question is answered once: the first answer is written by a
 * compare-and-set in SQL, whoever asks for it in whatever process. Nothing is ever deleted here.
 */
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseExactly } from "./exact-json";
import type { Answer, Item, Json, Kind, Put } from "./items";
import { canonical, itemOf } from "./items";
import type { OpenPage, WantedPage } from "./open-questions";
import { openQuestionsIn } from "./open-questions";

/** An item together with what else is known of it. */
export interface Entry {
  kind: Kind;
  item: Item;
  /** What was asked for more urgently, oldest first. */
  escalations: { at: string; escalation: Json }[];
}

export type Added =
  /** It is new. */
  | { kind: "Added"; item: Item }
  /** The very same was here before. */
  | { kind: "Known"; item: Item }
  /** Something else has this id. */
  | { kind: "Taken"; item: Item };

export type Settled = { kind: "Settled"; item: Item } | { kind: "TooLate"; item: Item } | { kind: "Unknown" };

/** The questions of one file. */
export interface Store {
  add(kind: Kind, put: Put, at: Date): Added;
  find(kind: Kind, callId: string): Entry | undefined;
  /** The first answer counts; `TooLate` holds the item with the answer that was first. */
  answer(kind: Kind, callId: string, answer: Answer, at: Date): Settled;
  /** Notes that somebody asks for more urgency; too late once there is an answer. */
  escalate(kind: Kind, callId: string, escalation: Json, at: Date): Settled;
  /** The unanswered items of a kind, oldest first. */
  pending(kind: Kind): Item[];
  /** A page of the unanswered entries of both kinds, newest first. */
  open(wanted: WantedPage): OpenPage;
  /** The entries that were answered last, newest answer first. */
  answered(limit: number): Entry[];
  /** Changes with every change of the above. */
  revision(): string;
  close(): void;
}

/** The form of the tables; a file with a higher number was written by a newer version. */
const FORM = 1;
const WAIT_FOR_OTHERS_MS = 5_000;

const TABLES = `
  CREATE TABLE questions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('function_call', 'human_contact')),
    call_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    spec TEXT NOT NULL,
    requested_at TEXT NOT NULL,
    answer TEXT,
    responded_at TEXT,
    UNIQUE (kind, call_id),
    CHECK ((answer IS NULL) = (responded_at IS NULL))
  ) STRICT;
  CREATE INDEX open_questions ON questions (seq) WHERE answer IS NULL;
  CREATE INDEX open_questions_of ON questions (kind, seq) WHERE answer IS NULL;
  CREATE INDEX answered_questions ON questions (responded_at, seq) WHERE answer IS NOT NULL;
  CREATE TABLE escalations (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    question INTEGER NOT NULL REFERENCES questions (seq),
    at TEXT NOT NULL,
    escalation TEXT NOT NULL
  ) STRICT;
  CREATE INDEX escalations_of ON escalations (question);
  PRAGMA user_version = ${FORM};
`;

interface Row {
  seq: number;
  kind: Kind;
  call_id: string;
  run_id: string;
  spec: string;
  requested_at: string;
  answer: string | null;
  responded_at: string | null;
}

/** The file is not one to write into: a newer version's, or another program's. The message is for people. */
export class NotOurs extends Error {}

/**
 * Opens the file, making it where there is none (readable by its owner alone: specs may hold a Slack token). `:memory:` keeps
 * everything in memory. Throws `NotOurs`, and whatever SQLite says of a file that is none of its own.
 */
export function openStore(file: string): Store {
  if (file !== ":memory:") makePrivate(file);
  const database = new DatabaseSync(file, { timeout: WAIT_FOR_OTHERS_MS });
  try {
    prepareTables(database, file);
  } catch (error) {
    database.close();
    throw error;
  }
  return storeIn(database);
}

function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) closeSync(openSync(file, "a", 0o600));
}

function prepareTables(database: DatabaseSync, file: string): void {
  // Before anything is written: switching to WAL changes the file.
  refuseTheirs(database, file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
  inTransaction(database, () => {
    if (formOf(database) === 0) database.exec(TABLES);
  });
}

function refuseTheirs(database: DatabaseSync, file: string): void {
  const form = formOf(database);
  if (form > FORM) throw new NotOurs(`${file} was written by a newer version of this server; start that one instead.`);
  const tables = new Set(
    database
      .prepare("SELECT name FROM sqlite_master")
      .all()
      .map(({ name }) => name),
  );
  const isOurs = form === 0 ? tables.size === 0 : tables.has("questions") && tables.has("escalations");
  if (!isOurs) throw new NotOurs(`${file} is the database of another program. Name another file with --database.`);
}

function formOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}

/** All or nothing, with the right to write from the start, so that two writers wait for each other instead of failing. */
function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function storeIn(database: DatabaseSync): Store {
  const insert = database.prepare(
    "INSERT INTO questions (kind, call_id, run_id, spec, requested_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const select = database.prepare("SELECT * FROM questions WHERE kind = ? AND call_id = ?");
  const settle = database.prepare(
    "UPDATE questions SET answer = ?, responded_at = ? WHERE kind = ? AND call_id = ? AND answer IS NULL",
  );
  // The question must still be open in the very statement that notes the urgency.
  const note = database.prepare(
    "INSERT INTO escalations (question, at, escalation) SELECT seq, ?, ? FROM questions WHERE kind = ? AND call_id = ? AND answer IS NULL",
  );
  const notes = database.prepare("SELECT at, escalation FROM escalations WHERE question = ? ORDER BY seq");
  const pending = database.prepare("SELECT * FROM questions WHERE kind = ? AND answer IS NULL ORDER BY seq");
  const open = openQuestionsIn(database);
  const answered = database.prepare(
    "SELECT * FROM questions WHERE answer IS NOT NULL ORDER BY responded_at DESC, seq DESC LIMIT ?",
  );
  const last = database.prepare(
    "SELECT (SELECT max(seq) FROM questions) AS question, (SELECT max(seq) FROM escalations) AS escalation",
  );

  const row = (kind: Kind, callId: string): Row | undefined => select.get(kind, callId) as Row | undefined;
  const entry = (found: Row): Entry => ({
    kind: found.kind,
    item: itemIn(found),
    escalations: (notes.all(found.seq) as { at: string; escalation: string }[]).map(({ at, escalation }) => ({
      at,
      escalation: JSON.parse(escalation) as Json,
    })),
  });
  const settled = (kind: Kind, callId: string, isDone: boolean): Settled => {
    const found = row(kind, callId);
    if (found === undefined) return { kind: "Unknown" };
    return { kind: isDone ? "Settled" : "TooLate", item: itemIn(found) };
  };

  return {
    add: (kind, put, at) => {
      const { run_id, call_id, spec } = put;
      const { changes } = insert.run(kind, call_id, run_id, JSON.stringify(spec), at.toISOString());
      const found = row(kind, call_id);
      if (found === undefined) throw new Error(`${call_id} was stored and is not there`);
      const item = itemIn(found);
      if (changes === 1) return { kind: "Added", item };
      const isSame = item.run_id === run_id && canonical(item.spec) === canonical(spec);
      return { kind: isSame ? "Known" : "Taken", item };
    },
    find: (kind, callId) => {
      const found = row(kind, callId);
      return found === undefined ? undefined : entry(found);
    },
    answer: (kind, callId, answer, at) => {
      const { changes } = settle.run(JSON.stringify(answer), at.toISOString(), kind, callId);
      return settled(kind, callId, changes === 1);
    },
    escalate: (kind, callId, escalation, at) => {
      const { changes } = note.run(at.toISOString(), JSON.stringify(escalation), kind, callId);
      return settled(kind, callId, changes === 1);
    },
    pending: (kind) => (pending.all(kind) as unknown as Row[]).map(itemIn),
    open: (wanted) => open.page(wanted, (found) => entry(found as unknown as Row)),
    answered: (limit) => (answered.all(limit) as unknown as Row[]).map(entry),
    // Questions are only added and answered, never removed: the newest one and the number of open ones tell every state apart.
    revision: () => {
      const newest = last.get() ?? {};
      return `${Number(newest["question"] ?? 0)}.${open.count()}.${Number(newest["escalation"] ?? 0)}`;
    },
    close: () => database.close(),
  };
}

function itemIn(row: Row): Item {
  const put = { run_id: row.run_id, call_id: row.call_id, spec: parseExactly(row.spec) as Json };
  if (row.answer === null || row.responded_at === null) return itemOf(row.kind, put, row.requested_at);
  return itemOf(row.kind, put, row.requested_at, {
    answer: JSON.parse(row.answer) as Answer,
    at: row.responded_at,
  });
}
