/** How long a server that is away is left alone before the next attempt. Pure. */
import { doubled } from "../../runtime/doubled";

/** 1 s, 2 s, 4 s … 1 min, each shortened at random by up to half. */
const PAUSES = { firstMs: 1_000, longestMs: 60_000 };

/** The pause after so many failures in a row (from 1), milliseconds. `random` is [0, 1). */
export function pauseMs(failures: number, random: number): number {
  return doubled(failures - 1, PAUSES) * (1 - random / 2);
}
