import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Credential name used twice
 *
 * With qemu, `secrets` also reach the guest as systemd credentials. They share one namespace with `credentialFiles`.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "qemu", secrets: { KEY: "/run/secrets/a" }, credentialFiles: { KEY: "/run/secrets/b" } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", secrets: { KEY: "/run/secrets/a" }, credentialFiles: { OTHER: "/run/secrets/b" } }
 * ```
 */
const duplicateCredential = problem("duplicate-credential", "error");

export const check: Rule = ({ vms }) =>
  vms.flatMap(({ path, secrets, machine: { credentialFiles } }) =>
    repeated(duplicateCredential, "credential", "Rename one of them.", [
      ...secrets.filter(({ by }) => by === "credential").map((secret) => ({ value: secret.name, path: secret.path })),
      ...Object.keys(credentialFiles).map((name) => ({ value: name, path: [...path, "credentialFiles", name] })),
    ]),
  );
