// Generated from the definitions in crds/ by `npm run generate`. Do not edit.

/**
 * You name another object. Example: `{name: my-assistant}`.
 */
export interface Reference {
  /**
   * You name the object here; it is looked up in the namespace of this object. Example: `my-assistant`.
   */
  name: string;
}

/**
 * You name the Secret of this namespace and the key in it. Example: `{name: openai, key: OPENAI_API_KEY}`.
 */
export interface SecretKeyRef {
  /**
   * You give the name of the Secret. Example: `openai`.
   */
  name: string;
  /**
   * You give the key inside the Secret whose value is used. Example: `OPENAI_API_KEY`.
   */
  key: string;
}

/**
 * You take a value from a Secret. Example: `{secretKeyRef: {name: openai, key: OPENAI_API_KEY}}`.
 */
export interface SecretSource {
  /**
   * You name the Secret of this namespace and the key in it. Example: `{name: openai, key: OPENAI_API_KEY}`.
   */
  secretKeyRef: SecretKeyRef;
}

export interface NamedValue {
  /**
   * You give the name under which the value is passed. Example: `MODE`.
   */
  name: string;
  /**
   * You give the value in plain text; use valueFrom for anything secret. Example: `fast`.
   */
  value?: string;
  /**
   * You take the value from a Secret. Example: `{secretKeyRef: {name: my-secret, key: token}}`.
   */
  valueFrom?: SecretSource;
}

/**
 * You bound what may be used. Example: `{limits: {memory: 256Mi}}`.
 */
export interface ComputeResources {
  /**
   * You say how much is set aside. Example: `{cpu: 500m, memory: 256Mi}`.
   */
  requests?: {
    [k: string]: number | string;
  };
  /**
   * You say how much may be used at most. Example: `{cpu: 500m, memory: 256Mi}`.
   */
  limits?: {
    [k: string]: number | string;
  };
}

/**
 * You bound a run. Example: `{maxTurns: 20, timeout: 1h}`.
 */
export interface Limits {
  /**
   * You bound how often the model is asked in one task. An agent that says nothing allows 50 turns. Example: `20`.
   */
  maxTurns?: number;
  /**
   * You bound how many tools may be called in one task. 0 forbids them all. Example: `100`.
   */
  maxToolCalls?: number;
  /**
   * You bound the tokens of one task, input and output together. Example: `200000`.
   */
  maxTokens?: number;
  /**
   * You bound the cost of one task, in the currency of the LLM's pricing. It has no effect while the LLM has no pricing. Example: `2.5`.
   */
  maxCost?: number;
  /**
   * You bound how long one task may take from its start to its end. Example: `1h30m`.
   */
  timeout?: string;
  /**
   * You bound how many agents may hand a task on to one another in a row. An agent that says nothing allows 5; 0 forbids delegation. It has no effect in this version: agents do not hand tasks on yet. Example: `3`.
   */
  maxDelegationDepth?: number;
}

export interface Condition {
  /**
   * You wait for a condition by this name. Example: `Ready`.
   */
  type: string;
  /**
   * You read here whether the condition holds. Example: `True`.
   */
  status: "True" | "False" | "Unknown";
  /**
   * You can tell from this which generation of the spec was looked at. Example: `3`.
   */
  observedGeneration?: number;
  /**
   * You read here when the condition last changed. Example: `2026-01-31T09:30:00Z`.
   */
  lastTransitionTime: string;
  /**
   * You get the cause in one word, for programs. Example: `ValidationSucceeded`.
   */
  reason: string;
  /**
   * You get the cause in a sentence, for people. Example: `OpenAI API key validated successfully`.
   */
  message: string;
}

export interface ToolCallRequest {
  /**
   * You give the call's id, unique in the conversation. Example: `call_7PCkM1y2`.
   */
  id: string;
  /**
   * You write function; there is no other type. Example: `function`.
   */
  type: "function";
  /**
   * You find here what is to be called. Example: `{name: fetch__fetch, arguments: '{"url": "https://example.com"}'}`.
   */
  function: {
    /**
     * You give the tool's name as the model saw it. Example: `fetch__fetch`.
     */
    name: string;
    /**
     * You give the arguments as the JSON text the model wrote. Example: `{"url": "https://example.com"}`.
     */
    arguments: string;
  };
}

/**
 * You leave this to the operator: it is the provider's own form of the message, sent back unchanged to the same API and model. Example: `{api: anthropic.messages, model: claude-sonnet-4-5, value: []}`.
 */
export interface NativeContent {
  /**
   * You find here which API wrote the value. Example: `anthropic.messages`.
   */
  api: string;
  /**
   * You find here which model wrote the value. Example: `claude-sonnet-4-5`.
   */
  model: string;
  /**
   * You find here the content as the provider sent it. Example: `[{type: thinking, signature: EqQB}]`.
   */
  value: unknown;
}

export interface Message {
  /**
   * You say who speaks. Example: `user`.
   */
  role: "system" | "user" | "assistant" | "tool";
  /**
   * You give the words; they may be empty where an assistant only calls tools. Example: `What is the capital of the moon?`.
   */
  content: string;
  /**
   * You list the tools an assistant asked for, in its order. Example: `[{id: call_7PCkM1y2, type: function, function: {name: fetch__fetch, arguments: '{}'}}]`.
   */
  toolCalls?: ToolCallRequest[];
  /**
   * You say which tool call a message of role tool answers. Example: `call_7PCkM1y2`.
   */
  toolCallId?: string;
  /**
   * You may name the speaker, or the tool that answers. Example: `fetch__fetch`.
   */
  name?: string;
  /**
   * You leave this to the operator: it is the provider's own form of the message, sent back unchanged to the same API and model. Example: `{api: anthropic.messages, model: claude-sonnet-4-5, value: []}`.
   */
  native?: NativeContent;
}

/**
 * You read here what the task has used so far. Example: `{inputTokens: 1200, outputTokens: 80, requests: 2}`.
 */
export interface Usage {
  /**
   * You read here how many tokens were sent, cached ones included. Example: `1200`.
   */
  inputTokens?: number;
  /**
   * You read here how many tokens the model wrote. Example: `80`.
   */
  outputTokens?: number;
  /**
   * You read here how many of the sent tokens came from the provider's cache. Example: `1024`.
   */
  cachedInputTokens?: number;
  /**
   * You read here how many calls to the model were started, those repeated after a crash included. Example: `2`.
   */
  requests?: number;
  /**
   * You read here the cost, in the currency of the LLM's pricing; it is absent without pricing. Example: `0.0042`.
   */
  cost?: number;
}

/**
 * You find the task's trace by these ids. Example: `{traceID: d3fb4171016bcab77d63b02e52e006cd, spanID: 648ca5bf05d0ec05}`.
 */
export interface SpanContext {
  /**
   * You search your tracing system for this id. Example: `d3fb4171016bcab77d63b02e52e006cd`.
   */
  traceID?: string;
  /**
   * You find the task's first span by this id. Example: `648ca5bf05d0ec05`.
   */
  spanID?: string;
}
