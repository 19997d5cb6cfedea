/**
 * Where calls wait for people: two servers of tools whose every call is asked for, one over a channel that people answer with
 * kubectl, one over a service; and an agent for each. What was executed, the servers' record says.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Api } from "./api";
import type { Lab } from "./lab";
import { limitTo } from "./load";
import * as objects from "./objects";
import { STALL_MS } from "./measure";
import type { ParkedCall } from "./parked-calls";
import { observeParked } from "./parked-calls";
import type { PeopleService } from "./people-service";
import { startPeopleService } from "./people-service";
import { askingFor } from "./tool-calls";
import { stdioServer } from "./tool-servers";

/** How the people are reached: not at all, for they look with kubectl, or by the HumanLayer-compatible service. */
export type Over = "kubectl" | "service";

/** As the objects of each are named: the channel, the server of tools and the agent. */
const NAMES: Record<Over, string> = { kubectl: "with-kubectl", service: "by-email" };

export interface Office {
  service: PeopleService;
  /** What the tools' servers have written down until now. */
  record: () => string;
}

/** Makes all that and waits until it is usable. */
export async function openOffice(lab: Lab): Promise<Office> {
  const record = join(lab.state.dir, "executions.jsonl");
  await lab.contactChannel(NAMES.kubectl, { type: "kubernetes" });
  const service = await startPeopleService(lab, NAMES.service);
  for (const name of Object.values(NAMES)) {
    const spec = { ...stdioServer("--effects", record), approvalContactChannel: { name } };
    await (await lab.mcpServer(name, spec)).connected();
    await lab.toolAgent(name, [name]);
  }
  return { service, record: () => (existsSync(record) ? readFileSync(record, "utf8") : "") };
}

/** The agent whose calls are asked for in this way, and what its users say: one call that writes the task's name. */
export function asking(over: Over): { agent: string; messageOf: (name: string) => string } {
  const server = NAMES[over];
  const messageOf = (name: string): string => askingFor([{ server, tool: "append", arguments: { text: name } }])(name);
  return { agent: server, messageOf };
}

/** So many requests of the bench are under way at a time. */
const CREATORS = 16;

/** Creates `count` tasks, named after `load`, and returns when the call of each waits for a person. */
export async function park(api: Api, over: Over, load: string, count: number): Promise<ParkedCall[]> {
  const { agent, messageOf } = asking(over);
  const withTurn = limitTo(CREATORS);
  const news = await observeParked(api, over, STALL_MS);
  const parkOne = async (name: string): Promise<ParkedCall> => {
    const body = objects.task(name, agent, messageOf(name));
    await withTurn(() => api.ask({ method: "POST", path: objects.pathOf("task"), body }));
    return news.first(name);
  };
  try {
    return await Promise.all(Array.from({ length: count }, (_, index) => parkOne(`${load}-${index + 1}`)));
  } finally {
    await news.stop();
  }
}
