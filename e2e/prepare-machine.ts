/**
 * What is built or installed once for a machine, and takes minutes then: the hooks of tests have limits, so it must be there
 * before the first of them. Where there can be no Chromium, the tests of the page say so.
 */
import { ensureBinaries } from "../controlplane/binaries";
import { ensureChromium } from "../controlplane/chromium";
import type { Progress } from "../controlplane/progress";
import { besideUv } from "../controlplane/uv";

/** Over at once where all of it is there. */
export async function prepareMachine(progress: Progress): Promise<void> {
  await besideUv(() => ensureBinaries(progress), progress);
  await ensureChromium(progress).catch(() => undefined);
}
