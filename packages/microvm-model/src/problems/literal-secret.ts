import { problem } from "./problem.js";

/**
 * Secret in the config
 *
 * The config becomes part of the emitted flake and of the Nix store. Every user of the host can read the store, and so
 * can every guest that shares it.
 *
 * Text in the format of a known key or token (Anthropic, GitHub, AWS, a private key, a password in a URL) is an error. A
 * random value under a secret's name, such as `API_TOKEN` or `apiKey`, is a warning. Placeholders (`"unused"`,
 * `"held-by-the-host"`), variables (`"$TOKEN"`) and paths are fine.
 *
 * Name a file of the host in `secrets` instead. sops-nix and agenix create such files below `/run`. If the text was ever
 * committed or emitted, revoke the secret.
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
