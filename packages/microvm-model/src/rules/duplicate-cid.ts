import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * vsock CID used twice
 *
 * The host addresses a guest over vsock by its context id (CID). The second VM with the same CID fails to start.
 *
 * ## Fails
 *
 * ```ts host
 * { vms: { a: { vsock: { cid: 9 } }, b: { vsock: { cid: 9 } } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { vms: { a: { vsock: { cid: 9 } }, b: { vsock: { cid: 10 } } } }
 * ```
 */
const duplicateCid = problem("duplicate-cid", "error");

export const check: Rule = (host) =>
  repeated(
    duplicateCid,
    "vsock CID",
    "Set another CID, or remove it to get a free one.",
    host.vms.flatMap(({ machine: { vsockCid } }) =>
      vsockCid === null ? [] : [{ ...vsockCid, value: String(vsockCid.value) }],
    ),
  );
