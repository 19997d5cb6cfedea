/** The store: answered once, by whomever; everything back after a reopening; files that are none of ours refused. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Put } from "./items";
import type { OpenPage } from "./open-questions";
import type { Store } from "./store";
import { NotOurs, openStore } from "./store";

const now = new Date("2026-11-21T10:00:00.000Z");
const later = new Date("2026-11-21T10:05:00.000Z");
const put = (callId = "ec-1", kwargs: Record<string, unknown> = { url: "https://example.com", depth: 1 }): Put => ({
  run_id: "run",
  call_id: callId,
  spec: { fn: "web__fetch", kwargs },
});

describe("the store", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "humanlayer-store-"));
    file = join(folder, "made", "questions.sqlite");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("keeps a question and its answer over a reopening, in a file only its owner reads", () => {
    const first = openStore(file);
    first.add("function_call", put(), now);
    first.escalate("function_call", "ec-1", { escalation_msg: "now, please" }, now);
    first.answer("function_call", "ec-1", { approved: true, user_info: { name: "Ada" } }, later);
    first.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const second = openStore(file);
    expect(second.find("function_call", "ec-1")).toEqual({
      kind: "function_call",
      item: {
        ...put(),
        status: {
          requested_at: now.toISOString(),
          responded_at: later.toISOString(),
          approved: true,
          comment: null,
          reject_option_name: null,
          slack_message_ts: null,
          user_info: { name: "Ada" },
          slack_context: null,
        },
      },
      escalations: [{ at: now.toISOString(), escalation: { escalation_msg: "now, please" } }],
    });
    second.close();
  });

  test("takes the same question once, whatever the order of its fields, and no other one under its id", () => {
    const store = openStore(":memory:");
    expect(store.add("function_call", put(), now).kind).toBe("Added");
    const again = store.add("function_call", put("ec-1", { depth: 1, url: "https://example.com" }), later);
    expect(again).toMatchObject({ kind: "Known", item: { status: { requested_at: now.toISOString() } } });
    expect(store.add("function_call", put("ec-1", { url: "https://example.com", depth: 2 }), later).kind).toBe("Taken");
    expect(store.add("function_call", { ...put(), run_id: "other" }, later).kind).toBe("Taken");
    // The two kinds do not share their ids.
    expect(store.add("human_contact", { ...put(), spec: { msg: "?" } }, later).kind).toBe("Added");
    expect(store.open({ limit: 10 }).total).toBe(2);
  });

  test("lets the first answer count, also of two processes", () => {
    const [one, other] = [openStore(file), openStore(file)];
    one.add("human_contact", { run_id: "r", call_id: "hc-1", spec: { msg: "Which?" } }, now);
    expect(one.answer("human_contact", "hc-1", { response: "left" }, now).kind).toBe("Settled");
    const second = other.answer("human_contact", "hc-1", { response: "right" }, later);
    expect(second).toMatchObject({ kind: "TooLate", item: { status: { response: "left" } } });
    expect(other.escalate("human_contact", "hc-1", { escalation_msg: "!" }, later).kind).toBe("TooLate");
    expect(other.find("human_contact", "hc-1")).toMatchObject({
      item: { status: { response: "left" } },
      escalations: [],
    });
    one.close();
    other.close();
  });

  test("knows nothing of what was never asked", () => {
    const store = openStore(":memory:");
    expect(store.find("function_call", "ec-9")).toBeUndefined();
    expect(store.answer("function_call", "ec-9", { approved: true }, now).kind).toBe("Unknown");
    expect(store.escalate("function_call", "ec-9", { escalation_msg: "!" }, now).kind).toBe("Unknown");
  });

  test("lists the open ones for programs oldest first, for people newest first, and the answered ones by their answer", () => {
    const store = openStore(":memory:");
    for (const id of ["ec-1", "ec-2", "ec-3", "ec-4"]) store.add("function_call", put(id), now);
    store.answer("function_call", "ec-3", { approved: true }, now);
    store.answer("function_call", "ec-1", { approved: true }, later);
    const ids = (entries: { item: { call_id: string } }[]): string[] => entries.map(({ item }) => item.call_id);
    expect(store.pending("function_call").map(({ call_id }) => call_id)).toEqual(["ec-2", "ec-4"]);
    expect(store.pending("human_contact")).toEqual([]);
    expect(ids(store.open({ limit: 10 }).entries)).toEqual(["ec-4", "ec-2"]);
    expect(store.open({ limit: 1 })).toMatchObject({ total: 2, entries: [{ item: { call_id: "ec-4" } }] });
    expect(ids(store.answered(10))).toEqual(["ec-1", "ec-3"]);
  });

  describe("turns the pages of what is open", () => {
    const filled = (count: number): Store => {
      const store = openStore(":memory:");
      for (let i = 1; i <= count; i++) store.add("function_call", put(`ec-${i}`), now);
      return store;
    };
    const shown = ({ entries }: OpenPage): string =>
      `${entries[0]?.item.call_id ?? "none"}..${entries.at(-1)?.item.call_id ?? "none"}`;
    const turn = (store: Store, before: number | undefined): OpenPage =>
      store.open({ limit: 4, ...(before !== undefined && { before }) });

    test("to everything, from the newest to the oldest and back", () => {
      const store = filled(10);
      const pages = [store.open({ limit: 4 })];
      for (let page = pages[0]; page?.older !== undefined; page = pages.at(-1)) pages.push(turn(store, page.older));
      expect(pages.map(shown)).toEqual(["ec-10..ec-7", "ec-6..ec-3", "ec-2..ec-1"]);
      expect(pages.map(({ total, newer }) => [total, newer])).toEqual([
        [10, 0],
        [10, 4],
        [10, 8],
      ]);
      expect(shown(turn(store, pages[2]?.back))).toBe("ec-6..ec-3");
      expect(pages[1]?.back).toBeUndefined(); // The page before it is the newest.
      expect(shown(turn(store, pages[0]?.oldest))).toBe("ec-4..ec-1");
    });

    test("which stay where they are when others come, and close up when some are answered", () => {
      const store = filled(10);
      const { older } = store.open({ limit: 4 });
      store.add("function_call", put("ec-new"), later);
      expect(shown(turn(store, older))).toBe("ec-6..ec-3");
      store.answer("function_call", "ec-5", { approved: true }, now);
      expect(shown(turn(store, older))).toBe("ec-6..ec-2");
    });

    test("and needs none for what fits on one", () => {
      const page = filled(4).open({ limit: 4 });
      expect([page.older, page.back, page.oldest]).toEqual([undefined, undefined, undefined]);
    });

    test("and one on which nothing is left leads back", () => {
      const store = filled(6);
      const { older } = store.open({ limit: 4 });
      for (const id of ["ec-1", "ec-2"]) store.answer("function_call", id, { approved: true }, now);
      expect(turn(store, older)).toMatchObject({ entries: [], total: 4, newer: 4 });
    });
  });

  test("has another revision after every change, and the same without one", () => {
    const store = openStore(":memory:");
    const seen = [store.revision()];
    const note = (): number => seen.push(store.revision());
    for (const id of ["ec-1", "ec-2"]) {
      store.add("function_call", put(id), now);
      note();
    }
    store.escalate("function_call", "ec-1", { escalation_msg: "!" }, now);
    note();
    for (const id of ["ec-2", "ec-1"]) {
      store.answer("function_call", id, { approved: true }, now);
      note();
    }
    expect(new Set(seen).size).toBe(seen.length);
    store.add("function_call", put("ec-1"), later);
    store.answer("function_call", "ec-1", { approved: false }, later);
    expect(store.revision()).toBe(seen.at(-1));
  });

  test("leaves the database of another program as it is", () => {
    const theirs = join(folder, "theirs.sqlite");
    const other = new DatabaseSync(theirs);
    other.exec("CREATE TABLE invoices (id INTEGER)");
    other.close();
    const before = readFileSync(theirs);
    expect(() => openStore(theirs)).toThrow(/another program/);
    expect(readFileSync(theirs).equals(before)).toBe(true);
  });

  test("opens neither a newer version's file nor something else", () => {
    const newer = new DatabaseSync(join(folder, "newer.sqlite"));
    newer.exec("PRAGMA user_version = 99");
    newer.close();
    expect(() => openStore(join(folder, "newer.sqlite"))).toThrow(NotOurs);
    writeFileSync(join(folder, "letter"), "Dear Sir or Madam, this is no database, however long it may be.");
    expect(() => openStore(join(folder, "letter"))).toThrow(/not a database/);
  });
});
