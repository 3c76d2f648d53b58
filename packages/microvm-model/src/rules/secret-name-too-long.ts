import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";
import { secretsOf } from "./secrets.js";

/**
 * Secret name too long for QEMU
 *
 * QEMU passes secrets to the guest as firmware files with names of at most 55 characters (`FW_CFG_MAX_FILE_PATH`).
 * systemd's prefix `opt/io.systemd.credentials/` takes 27 of them. Shorten the name, and set the environment variable
 * with `variable`.
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
