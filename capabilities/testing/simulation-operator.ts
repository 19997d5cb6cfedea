/**
 * The operator taken apart: the real stores, controllers and machines, with room for something else in the place of one
 * step of a task or of a tool call. What is wrong with the variants is put in here. Nothing of it is in the product.
 */
import type { Agent, ContactChannel, LLM, MCPServer, Task, ToolCall } from "../../crds/index";
import { resources } from "../../crds/index";
import { createReceiver } from "../adapters/channels/receiver";
import type { McpOutcome } from "../adapters/mcp/port";
import type { ModelOutcome } from "../adapters/models/port";
import { createAgentController } from "../catalog/agent/controller";
import { createContactChannelController } from "../catalog/contactchannel/controller";
import { createLLMController } from "../catalog/llm/controller";
import { createMCPServerController } from "../catalog/mcpserver/controller";
import type { Neighbours, Operator } from "../operator";
import { after } from "../runtime/clock";
import { createController } from "../runtime/controller";
import { createExpressions } from "../runtime/expressions";
import { InFlight } from "../runtime/in-flight";
import { keyOf } from "../runtime/objects";
import type { Outcome } from "../runtime/outcome";
import { done } from "../runtime/outcome";
import { Store } from "../runtime/store";
import type { Decision, Observed } from "../tasks/decision";
import { decide } from "../tasks/decide";
import { observe } from "../tasks/observe";
import type { Performed } from "../tasks/perform";
import { perform } from "../tasks/perform";
import { followAnswers } from "../tasks/tell";
import { Departed } from "../tasks/known-calls";
import type { TaskWorld } from "../tasks/world";
import { createArguments } from "../toolcalls/arguments";
import { decide as decideCall } from "../toolcalls/decide";
import type { Decision as CallDecision, Observed as SeenCall } from "../toolcalls/decision";
import { BY_QUESTION, createDesk, questionsOf } from "../toolcalls/desk";
import { observe as observeCall } from "../toolcalls/observe";
import { perform as performCall } from "../toolcalls/perform";
import { openQuestionOf } from "../toolcalls/state";
import type { ToolCallWorld } from "../toolcalls/world";

/** One look at one task, given what was seen and decided. */
export type Step = (decision: Decision, seen: Observed, task: Task, world: TaskWorld) => Promise<Performed>;

/** One look at one tool call. */
export type CallStep = (
  decision: CallDecision,
  seen: SeenCall,
  call: ToolCall,
  world: ToolCallWorld,
) => Promise<Performed>;

/** By then the watches have shown what exists, in fair weather. */
const SYNCED_MS = 50;

/** An operator, made as the real one is. */
export type Made = (neighbours: Neighbours) => Operator;

/** An operator whose tasks take `step`, and whose tool calls `callStep`, where the real one performs. */
export function operatorWith(step: Step = perform, callStep: CallStep = performCall): Made {
  return (neighbours) => {
    const { channels, cluster, clock, mcp } = neighbours;
    const stores = {
      llms: new Store<LLM>({ clock }),
      agents: new Store<Agent>({ clock }),
      mcpServers: new Store<MCPServer>({ clock }),
      contactChannels: new Store<ContactChannel>({ clock }),
      tasks: new Store<Task>({ clock }),
      toolCalls: new Store<ToolCall>({ clock }),
    };
    const { tasks, toolCalls } = stores;
    const around = { ...neighbours, ...stores, stopping: () => false };
    const { within } = neighbours;
    const world: TaskWorld = {
      ...around,
      calls: new InFlight<ModelOutcome>(clock),
      departed: new Departed(),
      wake: (key) => controller.wake(key),
      wakeAt: (key, when) => controller.wakeAt(key, when),
    };
    const callWorld: ToolCallWorld = {
      ...around,
      calls: new InFlight<McpOutcome>(clock),
      unsent: new Map(),
      notes: new Map(),
      arguments: createArguments(within),
      expressions: createExpressions(within),
      lookingSince: clock.now(),
      wake: (key) => callController.wake(key),
      wakeAt: (key, when) => callController.wakeAt(key, when),
    };
    const look = async (task: Task | undefined): Promise<Outcome> => {
      if (!task) return done;
      const seen = observe(task, world);
      return accepted(await step(decide(seen), seen, task, world));
    };
    const lookAtCall = async (call: ToolCall | undefined): Promise<Outcome> => {
      if (!call) return done;
      const seen = observeCall(call, callWorld);
      return accepted(await callStep(decideCall(seen), seen, call, callWorld));
    };
    const controller = createController<Task>({
      ...neighbours,
      name: "task-controller",
      resource: resources.task,
      store: tasks,
      reconcile: (key) => look(tasks.get(key)),
    });
    const callController = createController<ToolCall>({
      ...neighbours,
      name: "toolcall-controller",
      resource: resources.toolCall,
      store: toolCalls,
      reconcile: (key) => lookAtCall(toolCalls.get(key)),
    });
    const catalog = [
      createLLMController(around),
      createAgentController(around),
      createMCPServerController(around),
      createContactChannelController(around),
    ] as const;
    letGo(callWorld);
    followAnswers(world, (key) => controller.wake(key));
    // Who is woken by what is not what goes wrong here: everybody is, by everything.
    const wakeAll = (): void => {
      for (const task of tasks.values()) controller.wake(keyOf(task));
      for (const call of toolCalls.values()) callController.wake(keyOf(call));
    };
    for (const store of Object.values(stores)) store.subscribe(wakeAll);
    mcp.subscribe(wakeAll);
    channels.subscribe(wakeAll);
    neighbours.secrets.onChange(() => {
      for (const notes of callWorld.notes.values()) delete notes.put;
      wakeAll();
    });
    const desk = createDesk(callWorld);
    const drain = (): Promise<void> => Promise.resolve();
    return {
      llms: catalog[0],
      agents: catalog[1],
      mcpServers: catalog[2],
      contactChannels: catalog[3],
      tasks: Object.assign(controller, { drain }),
      toolCalls: Object.assign(callController, { drain, desk }),
      known: stores,
      cluster,
      recorder: neighbours.recorder,
      receiver: createReceiver({ desk, clock, log: neighbours.log }),
      environment: neighbours.environment,
      reachable: () => Promise.resolve(),
      synced: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      start: () => {
        neighbours.secrets.start();
        // Acting on half of what exists would be wrong in a way that nobody meant here.
        clock.at(after(clock, SYNCED_MS), () => {
          for (const each of [...catalog, controller, callController]) each.start();
        });
      },
    };
  };
}

/** Questions that nobody asks any more are let go, as the controller does. */
function letGo({ toolCalls, channels, notes }: ToolCallWorld): void {
  toolCalls.index(BY_QUESTION, questionsOf);
  toolCalls.subscribe(({ object, previous }) => {
    const [before, now] = [previous && openQuestionOf(previous), object && openQuestionOf(object)];
    if (before === undefined || before === now) return;
    channels.drop(before);
    notes.delete(before);
  });
}

function accepted(performed: Performed): Outcome {
  return performed.kind === "Refused" ? done : performed;
}

/** An operator that does what it should with tasks, but has decided something else. */
export function deciding(change: (decision: Decision, seen: Observed) => Decision): Made {
  return operatorWith((decision, seen, task, world) => perform(change(decision, seen), seen, task, world));
}

/** The states of tasks entered, changed. */
export function entering(change: (decision: Extract<Decision, { kind: "Enter" }>, seen: Observed) => Decision): Made {
  return deciding((decision, seen) => (decision.kind === "Enter" ? change(decision, seen) : decision));
}

/** The same for tool calls. */
export function decidingCalls(change: (decision: CallDecision, seen: SeenCall) => CallDecision): Made {
  return operatorWith(perform, (decision, seen, call, world) => performCall(change(decision, seen), seen, call, world));
}

/** Nothing is wrong with this one. */
export const sound = operatorWith();
