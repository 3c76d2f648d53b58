import { problem } from "./problem.js";

/**
 * A secret stands in the config
 *
 * A config ends in the emitted flake and in the Nix store. Every user of the host can read the store, and so can every guest that
 * shares it.
 *
 * Text with the form of a known key or token (Anthropic, GitHub, AWS, a private key, a password in a URL) is an error. A random value
 * under a secret's name, such as `API_TOKEN` or `apiKey`, is a warning. Placeholders (`"unused"`, `"held-by-the-host"`), variables
 * (`"$TOKEN"`) and paths are neither.
 *
 * Name a file of the host in `secrets` instead. sops-nix and agenix make such files below `/run`. If the text was ever committed or
 * emitted, replace the secret where it was issued.
 *
 * ## Fails
 *
 * ```ts vm
 * { agent: "claude-code", environment: { ANTHROPIC_API_KEY: "9fKq2vLx7TzR4mWc8YbN1hPd" } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { agent: "claude-code", secrets: { ANTHROPIC_API_KEY: "/run/secrets/anthropic" } }
 * ```
 *
 * ```ts vm
 * { agent: "claude-code", environment: { ANTHROPIC_AUTH_TOKEN: "held-by-the-host" } }
 * ```
 */
export const literalSecret = problem("literal-secret", "error or warning");
