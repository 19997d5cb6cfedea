/**
 * A fake cluster with ToolCall controllers on it, a process each, whose MCP servers and channels do as a test says. For
 * tests only.
 */
import type { Agent, Approval, ContactChannel, MCPServer, Task, ToolCall } from "../../crds/index";
import { resources } from "../../crds/index";
import type { McpOutcome } from "../adapters/mcp/port";
import type { EventNote } from "../runtime/events";
import { silentLog } from "../runtime/log";
import type { Draft, Resource } from "../runtime/objects";
import type { SecretValue } from "../runtime/secrets";
import { Store } from "../runtime/store";
import { FakeClock } from "../testing/fake-clock";
import { FakeCluster } from "../testing/fake-cluster";
import type { ToolCallController } from "./controller";
import { createToolCallController, slimToolCall } from "./controller";
import { inputSchema, ScriptedChannels, ScriptedServers } from "./neighbours.fixture";
import { digestOf } from "./question";
import { hasEnded } from "./state";

export const namespace = "default";

/** Memory as small as it ever gets: of a call that is over, also the arguments may be gone. */
function slimAll(call: ToolCall): void {
  slimToolCall(call);
  if (hasEnded(call)) delete (call.spec as Partial<ToolCall["spec"]>).arguments;
}

export const hello: McpOutcome = { kind: "Result", content: [{ type: "text", text: "Hello" }], isError: false };

export interface OneProcess {
  controller: ToolCallController;
  servers: ScriptedServers;
  channels: ScriptedChannels;
  kill(): void;
  stop(): void;
}

export class World {
  readonly clock = new FakeClock();
  readonly cluster = new FakeCluster({ clock: this.clock });
  readonly events: EventNote[] = [];
  secret: SecretValue = { kind: "Value", value: "key", resourceVersion: "1" };
  readonly #secretListeners = new Set<(key: string) => void>();
  #processes = 0;

  /** A process that knows nothing but what the watches bring. */
  start(): OneProcess {
    const { cluster, events } = this;
    const clock = this.clock.process();
    const stores = {
      toolCalls: new Store<ToolCall>({ clock, slim: slimAll }),
      tasks: new Store<Task>({ clock }),
      mcpServers: new Store<MCPServer>({ clock }),
      agents: new Store<Agent>({ clock }),
      contactChannels: new Store<ContactChannel>({ clock }),
    };
    const servers = new ScriptedServers();
    const channels = new ScriptedChannels();
    let stopping = false;
    const controller = createToolCallController({
      ...stores,
      cluster,
      clock,
      mcp: servers,
      channels,
      environment: {},
      secrets: {
        read: async () => this.secret,
        onChange: (listener) => {
          this.#secretListeners.add(listener);
          return () => void this.#secretListeners.delete(listener);
        },
      },
      holder: `process-${++this.#processes}`,
      log: silentLog,
      random: () => 0.5,
      recorder: { record: (note) => events.push(note), flush: () => Promise.resolve(), backlog: 0 },
      stopping: () => stopping,
    });
    const deafen = [
      cluster.watches.watch(resources.task, (object, phase) => stores.tasks.accept(object as Task, phase)),
      cluster.watches.watch(resources.mcpServer, (object, phase) =>
        stores.mcpServers.accept(object as MCPServer, phase),
      ),
      cluster.watches.watch(resources.agent, (object, phase) => stores.agents.accept(object as Agent, phase)),
      cluster.watches.watch(resources.contactChannel, (object, phase) => {
        const channel = object as ContactChannel;
        if (phase === "DELETED")
          stores.contactChannels.forget(`${namespace}/${channel.metadata.name}`, channel.metadata.uid);
        else stores.contactChannels.accept(channel, phase);
      }),
      cluster.watches.watch(resources.toolCall, (object, phase) => controller.notice(object as ToolCall, phase)),
    ];
    controller.start();
    return {
      controller,
      servers,
      channels,
      kill: () => {
        clock.kill();
        for (const end of deafen) end();
      },
      stop: () => (stopping = true),
    };
  }

  async make<T extends Task | MCPServer | ToolCall | ContactChannel | Agent>(
    resource: Resource,
    draft: Omit<Draft<T>, "apiVersion" | "kind">,
  ): Promise<T> {
    const { apiVersion, kind } = resource;
    const made = await this.cluster.create<T>(resource, { apiVersion, kind, ...draft } as unknown as Draft<T>);
    if (!made.ok) throw new Error("The object could not be made.");
    return made.value;
  }

  server(spec: Partial<MCPServer["spec"]> = {}, annotations = {}): Promise<MCPServer> {
    return this.make<MCPServer>(resources.mcpServer, {
      metadata: { namespace, name: "fetch" },
      spec: { transport: "stdio", command: "fetch", ...spec },
    }).then(async (made) => {
      const status = { tools: [{ name: "fetch", inputSchema, annotations }] };
      const written = await this.cluster.replaceStatus<MCPServer>(resources.mcpServer, { ...made, status });
      return written.ok ? written.value : made;
    });
  }

  task(): Promise<Task> {
    return this.make<Task>(resources.task, {
      metadata: { namespace, name: "t" },
      spec: { agentRef: { name: "a" }, userMessage: "Hello?" },
    });
  }

  channel(spec: Partial<ContactChannel["spec"]> = {}, name = "people"): Promise<ContactChannel> {
    return this.make<ContactChannel>(resources.contactChannel, {
      metadata: { namespace, name },
      spec: {
        type: "email",
        apiKeyFrom: { secretKeyRef: { name: "humanlayer", key: "KEY" } },
        email: { address: "jane@example.com" },
        ...spec,
      },
    });
  }

  /** Another value of the Secret, and everybody hears of it. */
  async setSecret(secret: SecretValue): Promise<void> {
    this.secret = secret;
    for (const listener of this.#secretListeners) listener(`${namespace}/humanlayer`);
    await this.clock.advance(100);
  }

  /** Somebody answers the open question with kubectl. */
  async say(decision: Approval["decision"], comment: string, more: Partial<Approval> = {}): Promise<void> {
    const call = this.stored;
    const approval: Approval = {
      decision,
      comment,
      approver: "jane",
      at: this.clock.now().toISOString(),
      argumentsDigest: digestOf(call?.spec.arguments ?? ""),
      question: this.status.externalCallID ?? "",
      ...more,
    };
    const approvals = [...(call?.spec.approvals ?? []), approval];
    await this.cluster.mergePatch(resources.toolCall, { namespace, name: "t-tc-01" }, { spec: { approvals } });
    await this.clock.advance(100);
  }

  /** A call of a tool that asks a person. */
  question(task: Task, message = "Which city?"): Promise<ToolCall> {
    return this.call(task, JSON.stringify({ message }), {
      toolRef: { name: "people__human_contact_email" },
      toolType: "HumanContact",
      source: { kind: "ContactChannel", name: "people" },
    });
  }

  call(task: Task, given = '{"url": "https://example.com"}', spec: Partial<ToolCall["spec"]> = {}): Promise<ToolCall> {
    const { uid, name } = task.metadata;
    return this.make<ToolCall>(resources.toolCall, {
      metadata: {
        namespace,
        name: "t-tc-01",
        ownerReferences: [{ apiVersion: task.apiVersion, kind: "Task", name, uid }],
      },
      spec: {
        toolCallId: "call_1",
        taskRef: { name },
        requester: "eva",
        toolRef: { name: "fetch__fetch" },
        toolType: "MCP",
        source: { kind: "MCPServer", name: "fetch", tool: "fetch" },
        arguments: given,
        ...spec,
      },
    });
  }

  get stored(): ToolCall | undefined {
    return this.cluster.read<ToolCall>(resources.toolCall, { namespace, name: "t-tc-01" });
  }

  get status(): NonNullable<ToolCall["status"]> {
    return this.stored?.status ?? {};
  }

  /** How often the status of a ToolCall was written. */
  get writes(): number {
    return this.cluster.history.filter(({ resource, verb }) => resource.kind === "ToolCall" && verb === "replaceStatus")
      .length;
  }

  get told(): string[] {
    return this.events.map(({ type, reason }) => `${type} ${reason}`);
  }
}
