/** Which encoder and decoder belong to which API: the only place that lists the wire formats. Pure. */
import { assertNever } from "../../runtime/assert-never";
import { encodeMessages, goOnAfter, readMessages } from "./anthropic";
import type { ModelApi } from "./endpoint";
import { encodeChat, readChat } from "./openai-chat";
import { encodeResponses, readResponses } from "./openai-responses";
import type { Encoding, Reading } from "./wire";

/** A wire format. `path` is relative to an endpoint's base URL. */
export interface Codec {
  path: string;
  encode: (encoding: Encoding) => object;
  /** Reads the body of a 200. `before`: what a paused turn, now resumed, had said already. */
  read: (body: unknown, before: unknown[]) => Reading;
  /** The request `body` again, so that a turn paused after `content` goes on. */
  goOnAfter: (body: object, content: unknown[]) => object;
}

/** The wire format of `api`. */
export function codecOf(api: ModelApi): Codec {
  switch (api) {
    case "openai.chat":
      return {
        path: "/chat/completions",
        encode: encodeChat,
        read: readChat,
        goOnAfter: unchanged,
      };
    case "openai.responses":
      return {
        path: "/responses",
        encode: encodeResponses,
        read: readResponses,
        goOnAfter: unchanged,
      };
    case "anthropic.messages":
      return {
        path: "/v1/messages",
        encode: encodeMessages,
        read: readMessages,
        goOnAfter,
      };
    default:
      return assertNever(api);
  }
}

/** Only Anthropic pauses. */
function unchanged(body: object): object {
  return body;
}
