/** Where Azure OpenAI answers: its addresses depend on the resource, the deployment and the version of the API. Pure. */
import type { Place } from "./endpoint";

/**
 * Azure's undated API takes a deployment's name as the model and lives under /openai/v1; its dated one (`2024-10-21`) has
 * a path per deployment. An address that has a path already (a gateway's) is taken as it is.
 */
export function azurePlace(resource: string, deployment: string, apiVersion: string | undefined): Place {
  const root = resource.replace(/\/+$/, "");
  const query: Record<string, string> = apiVersion === undefined ? {} : { "api-version": apiVersion };
  if (new URL(root).pathname !== "/") return { baseUrl: root, modelsUrl: `${root}/models`, query };
  if (apiVersion === undefined || !/^\d{4}-/.test(apiVersion)) {
    const baseUrl = `${root}/openai/v1`;
    return { baseUrl, modelsUrl: `${baseUrl}/models`, query };
  }
  const baseUrl = `${root}/openai/deployments/${encodeURIComponent(deployment)}`;
  return { baseUrl, modelsUrl: `${root}/openai/models`, query };
}
