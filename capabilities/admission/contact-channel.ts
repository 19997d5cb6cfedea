/**
 * What a schema cannot see about a ContactChannel: an address that nothing can be sent to is a fault; what keeps the channel
 * from becoming Ready is a warning, for it may come later. Pure. It never repeats a value, which may be a secret.
 */
import type { ContactChannelSpec } from "../../crds/index";
import type { Findings } from "./mcp-server";

/** What is to be said of a ContactChannel. */
export function examineChannel(spec: ContactChannelSpec): Findings {
  const { type, apiKeyFrom, baseUrl, webhook } = spec;
  return {
    faults: [
      ...faultsOfAddress("spec.baseUrl", baseUrl, "spec.apiKeyFrom"),
      ...faultsOfAddress("spec.webhook.url", webhook?.url, "spec.webhook.secretFrom"),
    ],
    warnings: [
      ...(type === "webhook" && !webhook?.secretFrom
        ? [
            "The channel will not be Ready without spec.webhook.secretFrom: it names the Secret with the key that signs posts and answers.",
          ]
        : []),
      ...((type === "email" || type === "slack") && !apiKeyFrom
        ? [
            "The channel will not be Ready without spec.apiKeyFrom: it names the Secret with the key of your HumanLayer project.",
          ]
        : []),
    ],
  };
}

/** No request can be made to an address with a password in it (WHATWG Fetch, Request constructor), and everybody would read it. */
function faultsOfAddress(field: string, address: string | undefined, instead: string): string[] {
  const parsed = address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
  if (!parsed?.username && !parsed?.password) return [];
  return [
    `${field} contains a user name or password, which everybody can read who may read this object. Remove it; what proves who asks goes into the Secret of ${instead}.`,
  ];
}
