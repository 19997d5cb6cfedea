/**
 * The columns of `kubectl get`. They are shown in the order a kind lists them; wide ones only with `-o wide`.
 */
import type { PrinterColumn } from "./object";

const column = (
  name: string,
  jsonPath: string,
  description: string,
  more: Partial<PrinterColumn> = {},
): PrinterColumn => ({
  name,
  type: "string",
  description,
  jsonPath,
  priority: 0,
  ...more,
});

/** A column that is always shown. */
export const shown = (name: string, jsonPath: string, description: string): PrinterColumn =>
  column(name, jsonPath, description);

/** A column that is shown with `-o wide`. */
export const wide = (name: string, jsonPath: string, description: string): PrinterColumn =>
  column(name, jsonPath, description, { priority: 1 });

/** A wide column with a moment in it; kubectl prints how long ago it was. */
const wideTime = (name: string, jsonPath: string, description: string): PrinterColumn =>
  column(name, jsonPath, description, { type: "date", priority: 1 });

/** Whether it can be used. */
export const ready = column("Ready", ".status.ready", "Whether the object can be used.", { type: "boolean" });
/** The state in one word. */
export const status = shown("Status", ".status.status", "The state in one word.");
/** The state in a sentence, wide. */
export const detail = wide("Detail", ".status.statusDetail", "The state in a sentence.");
/** What went wrong, wide. */
export const error = wide("Error", ".status.error", "What went wrong.");
/** When work began. */
export const started = wideTime("Started", ".status.startTime", "How long ago work began.");
/** When work ended. */
export const completed = wideTime("Completed", ".status.completionTime", "How long ago work ended.");
/** Since when the object is there. */
export const age = wideTime("Age", ".metadata.creationTimestamp", "How long ago the object was created.");
