import { isNode } from "../common/nix-node.js";
import { literalSecret } from "../problems/literal-secret.js";
import type { ConfigPath, Problem, Report } from "../problems/problem.js";

/** Formats of common secrets, by their documented prefixes, as repository scanners use them. */
const FORMS: readonly (readonly [what: string, form: RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["an age key", /AGE-SECRET-KEY-1[A-Z0-9]{50}/],
  ["an Anthropic key", /sk-ant-[\w-]{20,}/],
  ["an API key", /\b(?:sk|gsk|xai)[-_](?:proj-|or-v1-|live_)?[A-Za-z0-9_-]{24,}/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,})/],
  ["a GitLab token", /\bglpat-[\w-]{20,}/],
  ["a Google API key", /\bAIza[\w-]{35}/],
  ["an AWS access key", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ["a Slack token", /\bxox[abeoprs]-[\w-]{10,}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}/],
  ["a Hugging Face token", /\bhf_[A-Za-z0-9]{30,}/],
  ["a signed token", /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/],
  ["a password in a URL", /:\/\/[^/\s:@]+:[^/\s:@]+@/],
];

/** Placeholders in documentation and proxies. */
const PLACEHOLDER =
  /example|placeholder|change.?me|replace.?me|insert|your.?|dummy|fake|redacted|unused|not.?needed|managed|x{4}|\*{3}|\.{3}|<.*>/i;

/** Names of settings and variables that contain secrets, with `camelCase` as `CAMEL_CASE`. */
const SECRET_NAME =
  /(?:^|_)(?:(?:API|ACCESS|AUTH|ENCRYPTION|PRIVATE|SECRET|SIGNING)_?KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE)$/;

/** The same in a line of a shell: `export API_TOKEN="…"`. */
const ASSIGNMENT = /\b([A-Z][A-Z0-9_]*)=(["']?)([^\s"';]+)\2/g;

/**
 * Secrets in a config, which ends up in the Nix store, where every user and every guest can read it. Messages never
 * contain the secret.
 */
export const literalSecrets = (config: unknown): readonly Problem[] => {
  const problems: Problem[] = [];
  const tell = (report: Report, path: ConfigPath, what: string): void => {
    problems.push(
      report(
        path,
        `The text looks like ${what}, and every user can read it in the Nix store`,
        'Move it to a file of the host: secrets: { NAME: "/run/secrets/name" }. Revoke the secret if it was ever committed.',
      ),
    );
  };
  const visit = (value: unknown, path: ConfigPath, name: string, inNix: boolean): void => {
    if (typeof value === "string") {
      const known = FORMS.find(([, form]) => isSecret(form.exec(value)?.[0]));
      if (known !== undefined) tell(literalSecret.error, path, known[0]);
      else if (holdsSecret(name, value)) tell(literalSecret.warning, path, "a secret because of its name");
    } else if (Array.isArray(value)) {
      for (const [position, item] of value.entries()) visit(item, inNix ? path : [...path, position], "", inNix);
    } else if (typeof value === "object" && value !== null) {
      // A config path cannot address a part of an expression.
      const within = inNix || isNode(value);
      for (const [key, inner] of Object.entries(value)) visit(inner, within ? path : [...path, key], key, within);
    }
  };
  visit(config, [], "", false);
  return problems;
};

/** True for a text in the form of a secret that is not a placeholder. */
const isSecret = (found: string | undefined): boolean => {
  if (found === undefined || PLACEHOLDER.test(found)) return false;
  const [, user, password] = /^:\/\/(.*):(.*)@$/.exec(found) ?? [];
  if (password !== undefined) return password !== user && !/^(?:\$|pass(?:word)?$|secret$|x+$)/i.test(password);
  return found.startsWith("-----") || !isWords(found);
};

const holdsSecret = (name: string, value: string): boolean =>
  (isSecretName(name) && isRandom(name, value)) ||
  [...value.matchAll(ASSIGNMENT)].some(
    ([, variable = "", , assigned = ""]) => isSecretName(variable) && isRandom(variable, assigned),
  );

const isSecretName = (name: string): boolean =>
  SECRET_NAME.test(name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase());

/** True for a text too random to be a placeholder; names, variables, paths and words are not. */
const isRandom = (name: string, text: string): boolean => {
  if (/^[$/~@%]|\s|:\/\//.test(text) || PLACEHOLDER.test(text) || isWords(text)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(text)).length;
  return text.length >= 16 ? bitsPerCharacter(text) >= 3 : /PASS/i.test(name) && text.length >= 8 && kinds >= 3;
};

/** `held-by-the-host`, `local-dev-2024`: words of one case and short numbers. */
const isWords = (text: string): boolean =>
  text
    .split(/[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z][a-z]{2})/)
    .every((part) => /^(?:[A-Z]?[a-z]{0,20}|[A-Z]{0,20}|[a-z]{0,3}[0-9]{1,4})$/.test(part));

/** Shannon's entropy of the characters: 3.3 for decimal digits, 4 for hexadecimal ones, about 6 for base64. */
const bitsPerCharacter = (text: string): number => {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
};
