/**
 * All eight kinds, in the order in which a reader meets them, and the schema pieces that become one TypeScript type
 * for all of them.
 */
import { agent } from "./agent";
import { computeResources, fromSecret, namedValue, reference, runLimits, secretKeyRef } from "./common";
import { contactChannel } from "./contactchannel";
import { message, nativeContent, storedByOperator, toolCallRequest } from "./conversation";
import { llm } from "./llm";
import { mcpServer } from "./mcpserver";
import type { CustomResourceDefinition } from "./object";
import { spanContext, usage } from "./run";
import type { Schema } from "./schema";
import { condition } from "./status";
import { task } from "./task";
import { taskRun } from "./taskrun";
import { tool } from "./tool";
import { toolCall } from "./toolcall";

/** Every kind of the group. Install them all: references lead from one to another. */
export const definitions: readonly CustomResourceDefinition[] = [
  llm,
  agent,
  mcpServer,
  contactChannel,
  tool,
  task,
  taskRun,
  toolCall,
];

/** Pieces with a `title` that occur in several places, in words that fit all of them. */
export const sharedTypes: readonly Schema[] = [
  reference("object", "You name another object.", "my-assistant"),
  secretKeyRef("openai", "OPENAI_API_KEY"),
  fromSecret("You take a value from a Secret.", "openai", "OPENAI_API_KEY"),
  namedValue({ name: "MODE", value: "fast", secret: "my-secret" }),
  computeResources("You bound what may be used."),
  runLimits("You bound a run."),
  condition,
  toolCallRequest(storedByOperator),
  nativeContent,
  message(storedByOperator),
  usage,
  spanContext,
];
