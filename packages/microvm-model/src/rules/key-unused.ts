import { providerNames, providers } from "../catalogue/providers.js";
import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * No agent uses a key
 *
 * A VM's agent finds the host's gateway by environment variables, which [docs/agents.md](../../../docs/agents.md)
 * lists. The warning means that the agent has no such variable for this provider, or that no VM has an agent with one.
 * The gateway still adds the key to the VM's requests: configure the agent
 * with the URL of the gateway and any text as key, and silence this warning.
 *
 * ## Fails
 *
 * ```ts vm
 * { agent: "codex", keys: { openai: "/run/agenix/openai" } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { agent: "claude-code", keys: { anthropic: "/run/agenix/anthropic" } }
 * ```
 */
const keyUnused = problem("key-unused", "warning");

export const check: Rule = ({ path: hostPath, vms }, { says }) => [
  ...vms.flatMap(({ name, agent, keys }) =>
    keys.flatMap(({ path, provider, url, variables }) =>
      variables !== null || url === null
        ? []
        : [
            keyUnused(
              path,
              agent === null
                ? `${name} has no agent that uses the key for ${provider}`
                : `${agent.name} has no environment variables for a gateway to ${providers[provider].host}`,
              `Configure the program in the VM with the base URL ${url}, or remove the key.`,
            ),
          ],
    ),
  ),
  ...providerNames
    .map((provider) => ({ provider, path: [...hostPath, "keys", provider] }))
    .filter(
      ({ provider, path }) => says(path) && !vms.some(({ keys }) => keys.some((key) => key.provider === provider)),
    )
    .map(({ provider, path }) =>
      keyUnused(
        path,
        `No VM of the host has an agent that uses a key for ${provider}`,
        `Set \`keys: { ${provider}: true }\` on a VM, or remove the key.`,
      ),
    ),
];
