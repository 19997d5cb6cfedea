/**
 * The pages of what is open, newest first. A page begins behind a place in the order of arrival and not at a number, so it
 * stays the same while others come, and closes up as some are answered. The partial index on `seq` keeps each look cheap.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { Entry } from "./store";

/** Which page: at most `limit` entries that came before the place `before`; the newest when it is left out. */
export interface WantedPage {
  limit: number;
  before?: number;
}

/** A page, and where the others begin; a page that there is not is left out. */
export interface OpenPage {
  entries: Entry[];
  /** How many are open, on all pages. */
  total: number;
  /** How many of them are newer than those of this page. */
  newer: number;
  /** The next page; it is older. */
  older?: number;
  /** The page before, where that is not the newest one. */
  back?: number;
  /** The page on which the oldest one is, unless this is it. */
  oldest?: number;
}

/** A row of the table. */
type Row = Record<string, SQLOutputValue>;

/** What is open in a database. */
export interface OpenQuestions {
  count(): number;
  page(wanted: WantedPage, entryOf: (row: Row) => Entry): OpenPage;
}

/** Behind everything: SQLite's numbers of rows go up to here and are never so high. */
const BEHIND_ALL = Number.MAX_SAFE_INTEGER;

/** Prepares the questions to the database. */
export function openQuestionsIn(database: DatabaseSync): OpenQuestions {
  const count = database.prepare("SELECT count(*) AS total FROM questions WHERE answer IS NULL AND seq >= ?");
  const rows = database.prepare("SELECT * FROM questions WHERE answer IS NULL AND seq < ? ORDER BY seq DESC LIMIT ?");
  const place = database.prepare(
    "SELECT seq FROM questions WHERE answer IS NULL AND seq >= ? ORDER BY seq LIMIT 1 OFFSET ?",
  );
  return {
    count: () => countIn(count, 0),
    page: ({ limit, before = BEHIND_ALL }, entryOf) => {
      const found = rows.all(before, limit);
      const [total, newer] = [countIn(count, 0), countIn(count, before)];
      const last = found.at(-1)?.["seq"];
      const hasOlder = newer + found.length < total;
      const back = newer > limit ? behind(place, before, limit) : undefined;
      const oldest = hasOlder ? behind(place, 0, limit) : undefined;
      return {
        entries: found.map(entryOf),
        total,
        newer,
        ...(hasOlder && { older: Number(last) }),
        ...(back !== undefined && { back }),
        ...(oldest !== undefined && { oldest }),
      };
    },
  };
}

function countIn(count: StatementSync, from: number): number {
  return Number(count.get(from)?.["total"]);
}

/** The place behind the first `limit` open ones from `from` on, counted from the oldest. */
function behind(place: StatementSync, from: number, limit: number): number | undefined {
  const seq = place.get(from, limit - 1)?.["seq"];
  return seq === undefined ? undefined : Number(seq) + 1;
}
