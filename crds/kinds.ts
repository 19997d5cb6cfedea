/**
 * The kinds as classes, for Pepr's bindings and the cluster client. Importing this loads that client, so only the
 * wiring does (pepr.ts and the index of each capability); everybody else takes the types from ./index.
 */
export { Agent, ContactChannel, LLM, MCPServer, Task, TaskRun, Tool, ToolCall } from "./generated/classes";
