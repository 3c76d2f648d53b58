import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";
import { secretsOf } from "./secrets.js";

/**
 * QEMU has no room for the name of a secret
 *
 * QEMU hands secrets to the guest as files of its firmware interface, whose names end at 55 characters (`FW_CFG_MAX_FILE_PATH`);
 * systemd's prefix `opt/io.systemd.credentials/` takes 27 of them.
 *
 * Call the secret something shorter and name the environment variable beside it.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "qemu", secrets: { AN_API_KEY_WITH_QUITE_A_LONG_NAME: "/run/secrets/api-key" } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * {
 *   hypervisor: "qemu",
 *   secrets: { API_KEY: { file: "/run/secrets/api-key", variable: "AN_API_KEY_WITH_QUITE_A_LONG_NAME" } },
 * }
 * ```
 */
const secretNameTooLong = problem("secret-name-too-long", "error");

/** Longest name of a fw_cfg file (fw_cfg.h FW_CFG_MAX_FILE_PATH) without systemd's prefix. */
const longest = 55 - "opt/io.systemd.credentials/".length;

export const check: Rule = ({ vms }) =>
  vms
    .flatMap(secretsOf)
    .filter(({ by, name }) => by === "credential" && name.length > longest)
    .map(({ path, name }) =>
      secretNameTooLong(
        path,
        `${name} has ${String(name.length)} characters, and QEMU's limit is ${String(longest)}`,
        "Choose a shorter name; a secret's `variable` may be longer.",
      ),
    );
