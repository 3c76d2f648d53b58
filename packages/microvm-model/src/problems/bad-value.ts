import { problem } from "./problem.js";

/**
 * Value not allowed
 *
 * The value has the right type, but the setting does not accept it: a number out of range, an unknown name, a list of the wrong
 * length, or text of the wrong form. The message shows the value and the expected form.
 *
 * microvm-emit checks text before it reaches systemd, a shell, nftables or a hypervisor, so one character cannot change the
 * meaning of a command.
 *
 * ## Fails
 *
 * ```ts vm
 * { vcpu: 0, hypervisor: "quemu" }
 * ```
 *
 * ```ts vm
 * { interfaces: [{ mac: "03:00:00:00:00:05" }] }
 * ```
 *
 * ```ts vm
 * { workspace: "~/../bob" }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { vcpu: 2, hypervisor: "qemu" }
 * ```
 *
 * ```ts vm
 * { interfaces: [{ mac: "02:00:00:00:00:55" }] }
 * ```
 *
 * ```ts vm
 * { workspace: "~/project" }
 * ```
 */
export const badValue = problem("bad-value", "error");
