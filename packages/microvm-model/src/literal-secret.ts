import { isNode } from "./config/terms.js";
import { type ConfigPath, error, type Problem } from "./problem.js";

/** What secrets of common services look like: their documented prefixes, which scanners of repositories know too. */
const FORMS: readonly (readonly [what: string, form: RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["an age key", /AGE-SECRET-KEY-1[A-Z0-9]{50}/],
  ["an Anthropic key", /sk-ant-[\w-]{20}/],
  ["an API key", /\b(?:sk|gsk|xai)[-_](?:proj-|or-v1-|live_)?[A-Za-z0-9_-]{24}/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22})/],
  ["a GitLab token", /\bglpat-[\w-]{20}/],
  ["a Google API key", /\bAIza[\w-]{35}/],
  ["an AWS access key", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ["a Slack token", /\bxox[abeoprs]-[\w-]{10}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}/],
  ["a Hugging Face token", /\bhf_[A-Za-z0-9]{30}/],
  ["a signed token", /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10}/],
  ["a password in a URL", /:\/\/[^/\s:@]+:[^/\s:@]+@/],
];

const SECRET_NAME = /(?:^|_)(?:API_?KEY|TOKEN|SECRET|PASSWORD|PASSWD)$/;

/**
 * Secrets that stand in a config: all of it ends in the Nix store, which every user and every guest may read. The text
 * is never repeated.
 */
export const literalSecrets = (config: unknown): readonly Problem[] => {
  const problems: Problem[] = [];
  const tell = (path: ConfigPath, what: string): void => {
    problems.push(
      error(
        "literal-secret",
        path,
        `This holds what looks like ${what}, and all of a config ends in the Nix store, which everyone may read`,
        'Put it into a file of the host and name the file: secrets: { NAME: "/run/secrets/name" }. Replace the secret if this was ever committed.',
      ),
    );
  };
  const visit = (value: unknown, path: ConfigPath, name: string, inNix: boolean): void => {
    if (typeof value === "string") {
      const known = FORMS.find(([, form]) => form.test(value));
      if (known !== undefined) tell(path, known[0]);
      else if (path.at(-2) === "environment" && SECRET_NAME.test(name) && !/^(?:[$/~]|$)/.test(value))
        tell(path, "a secret, by its name");
    } else if (Array.isArray(value)) {
      for (const [position, item] of value.entries()) visit(item, inNix ? path : [...path, position], "", inNix);
    } else if (typeof value === "object" && value !== null) {
      // Where in an expression is nothing that a path of a config can say.
      const within = inNix || isNode(value);
      for (const [key, inner] of Object.entries(value)) visit(inner, within ? path : [...path, key], key, within);
    }
  };
  visit(config, [], "", false);
  return problems;
};
