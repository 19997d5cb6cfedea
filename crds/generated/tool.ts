// Generated from the definitions in crds/ by `npm run generate`. Do not edit.

import type { ObjectMeta } from "../object";
import type { ComputeResources, Condition, NamedValue, Reference } from "./shared";

/**
 * A Tool is something agents can do: a function, a call of an API, a container, or another agent. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1.
 */
export interface Tool {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: ToolSpec;
  status?: ToolStatus;
}
/**
 * You say here what the tool is for and how a call is carried out. Example: `{description: Adds two numbers., function: {source: 'return args.a + args.b'}}`.
 */
export interface ToolSpec {
  /**
   * You tell the model what the tool does and when to use it. Example: `Adds two numbers`.
   */
  description: string;
  /**
   * You give the JSON Schema of the arguments. Example: `{type: object, properties: {a: {type: number}, b: {type: number}}}`.
   */
  parameters?: Record<string, unknown>;
  annotations?: ToolAnnotations;
  /**
   * You have every call wait for a person, who is asked over this channel. Example: `{name: approval-channel}`.
   */
  approvalContactChannel?: Reference;
  /**
   * You say how long one call may take. Example: `30s`.
   */
  timeout?: string;
  function?: FunctionTool;
  api?: APITool;
  container?: ContainerTool;
  /**
   * You have another agent do the work, under a name of your own. Example: `{name: researcher}`.
   */
  agent?: Reference;
}
/**
 * You say what a call does to the world, so that the operator knows what is safe to repeat. Example: `{readOnly: true}`.
 */
export interface ToolAnnotations {
  /**
   * You promise that a call changes nothing; it may then be repeated after a crash. Example: `true`.
   */
  readOnly?: boolean;
  /**
   * You promise that two equal calls do no more than one; it may then be repeated after a crash. Example: `true`.
   */
  idempotent?: boolean;
  /**
   * You warn that a call may destroy something. Example: `false`.
   */
  destructive?: boolean;
}
/**
 * You have JavaScript run in a sandbox without network, files or clock; time and memory are bounded. Example: `{source: 'return args.a + args.b'}`.
 */
export interface FunctionTool {
  /**
   * You give the body of a function of args whose return value is the result. Example: `return args.a + args.b`.
   */
  source: string;
}
/**
 * You have an HTTP API called; url, query, headers and body are templates over args. Example: `{method: GET, url: 'https://api.example.com/users/{{args.id}}'}`.
 */
export interface APITool {
  /**
   * You choose the HTTP method. Example: `GET`.
   */
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /**
   * You give the address, a template over args. Example: `https://api.example.com/users/{{args.id}}`.
   */
  url: string;
  /**
   * You give headers; take credentials from Secrets. Example: `[{name: Authorization, value: Bearer abc}]`.
   */
  headers?: NamedValue[];
  /**
   * You give the query of the address, a template over args for each name. Example: `{q: '{{args.words}}'}`.
   */
  query?: {
    [k: string]: string;
  };
  /**
   * You give the body, a template over args. Example: `{"words": "{{args.words}}"}`.
   */
  body?: string;
  /**
   * You allow that a redirect is followed; it is refused when you say nothing. Example: `true`.
   */
  followRedirects?: boolean;
  /**
   * You allow addresses inside your own network, such as those of Services; they are refused when you say nothing. Example: `true`.
   */
  allowPrivateAddresses?: boolean;
}
/**
 * You have a container run for every call; its output is the result. Example: `{image: busybox, command: [date]}`.
 */
export interface ContainerTool {
  /**
   * You name the container image. Example: `busybox:1.37`.
   */
  image: string;
  /**
   * You replace the image's entry point. Example: `[date]`.
   */
  command?: string[];
  /**
   * You give the arguments of the command. Example: `[--utc]`.
   */
  args?: string[];
  /**
   * You give environment variables; take credentials from Secrets. Example: `[{name: MODE, value: fast}]`.
   */
  env?: NamedValue[];
  /**
   * You bound what the container may use. Example: `{limits: {memory: 256Mi}}`.
   */
  resources?: ComputeResources;
}
/**
 * You read here what the operator found and did; only the operator writes it. Example: `{ready: true, status: Ready}`.
 */
export interface ToolStatus {
  /**
   * You see true here once the object can be used. Example: `true`.
   */
  ready?: boolean;
  /**
   * You get the state in one word. Example: `Ready`.
   */
  status?: string;
  /**
   * You get the state in a sentence, with what to do when something is missing. Example: `Waiting for the operator to look at this object.`.
   */
  statusDetail?: string;
  /**
   * You can wait for these with kubectl wait. Example: `[{type: Ready, status: True}]`.
   */
  conditions?: Condition[];
  /**
   * You can tell from this which generation of the spec the status speaks of. Example: `3`.
   */
  observedGeneration?: number;
  /**
   * You read how a call is carried out. Example: `Function`.
   */
  type?: "Function" | "API" | "Container" | "Agent";
}
