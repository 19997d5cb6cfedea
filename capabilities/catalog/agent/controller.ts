/** The Agent controller: what has an Agent looked at, and what one look is. Everything it needs to know is in memory. */
import type { Agent, ContactChannel, LLM, MCPServer } from "../../../crds/index";
import { resources } from "../../../crds/index";
import type { Clock } from "../../runtime/clock";
import type { Cluster } from "../../runtime/cluster";
import type { Controller } from "../../runtime/controller";
import { createController } from "../../runtime/controller";
import type { Recorder } from "../../runtime/events";
import type { Log } from "../../runtime/log";
import type { Key } from "../../runtime/objects";
import { keyOf } from "../../runtime/objects";
import type { Outcome } from "../../runtime/outcome";
import { done } from "../../runtime/outcome";
import type { Store } from "../../runtime/store";
import { say } from "../say";
import { observe } from "./observe";
import { decide } from "./readiness";

/** What the Agent controller needs from outside. `random` returns [0, 1). */
export interface AgentWorld {
  cluster: Cluster;
  clock: Clock;
  recorder: Recorder;
  log: Log;
  random: () => number;
  agents: Store<Agent>;
  llms: Store<LLM>;
  mcpServers: Store<MCPServer>;
  contactChannels: Store<ContactChannel>;
}

/** Follows Agents, and the LLMs, MCPServers and ContactChannels they name. */
export function createAgentController(world: AgentWorld): Controller<Agent> {
  const { agents, llms, mcpServers, contactChannels, cluster, clock, log, random } = world;
  const controller = createController<Agent>({
    name: "agent-controller",
    resource: resources.agent,
    store: agents,
    reconcile: (key) => reconcileAgent(key, world),
    cluster,
    clock,
    log,
    random,
  });
  agents.index("catalog/llm", (agent) => [`${agent.metadata.namespace}/${agent.spec.llmRef.name}`]);
  llms.subscribe(function wakeAgentsOfLLM({ key }) {
    for (const agent of agents.byIndex("catalog/llm", key)) controller.wake(keyOf(agent));
  });
  agents.index("catalog/mcpServer", ({ metadata, spec }) =>
    (spec.mcpServers ?? []).map(({ name }) => `${metadata.namespace}/${name}`),
  );
  mcpServers.subscribe(function wakeAgentsOfServer({ key }) {
    for (const agent of agents.byIndex("catalog/mcpServer", key)) controller.wake(keyOf(agent));
  });
  agents.index("catalog/contactChannel", ({ metadata, spec }) =>
    (spec.humanContactChannels ?? []).map(({ name }) => `${metadata.namespace}/${name}`),
  );
  contactChannels.subscribe(function wakeAgentsOfChannel({ key }) {
    for (const agent of agents.byIndex("catalog/contactChannel", key)) controller.wake(keyOf(agent));
  });
  return controller;
}

async function reconcileAgent(key: Key, world: AgentWorld): Promise<Outcome> {
  const agent = world.agents.get(key);
  if (!agent || agent.metadata.deletionTimestamp) return done;
  const seen = observe(agent, world);
  const { say: verdict, notes } = decide(seen);
  const voice = {
    resource: resources.agent,
    component: "agent-controller",
    store: world.agents,
    ...world,
  };
  return say(agent, verdict, voice, { status: { tools: seen.offer.tools }, notes });
}
