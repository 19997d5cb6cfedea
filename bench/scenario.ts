/**
 * What every scenario of the bench is given and gives: goals with what was reached, tables for people, figures for the
 * JSON file. Types only.
 */
import type { Table } from "./table";

/** Something the product is to reach, and what it has reached. */
export interface Goal {
  what: string;
  wanted: string;
  reached: string;
  isMet: boolean;
}

/** What came of a scenario. `figures` is plain data. */
export interface Report {
  goals: Goal[];
  tables: Table[];
  figures: unknown;
  /** An SVG. */
  picture?: string;
}

/** How much to do: everything, or just enough to see that it works. */
export type Scale = "full" | "quick";

/** What a scenario is given. */
export interface Bench {
  scale: Scale;
  /** A line of progress. */
  say: (line: string) => void;
  /** For the title of a picture. */
  date: string;
}

export interface Scenario {
  /** As `--only` takes it. */
  name: string;
  title: string;
  run: (bench: Bench) => Promise<Report>;
}
