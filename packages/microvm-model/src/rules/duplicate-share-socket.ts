import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Share socket used twice
 *
 * Each virtiofs share has a daemon with its own socket. microvm.nix compares only the sockets of one guest.
 *
 * ## Fails
 *
 * ```ts vm
 * {
 *   shares: [
 *     { tag: "a", source: "/srv/a", socket: "files.sock" },
 *     { tag: "b", source: "/srv/b", socket: "files.sock" },
 *   ],
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * {
 *   shares: [
 *     { tag: "a", source: "/srv/a", socket: "files.sock" },
 *     { tag: "b", source: "/srv/b" },
 *   ],
 * }
 * ```
 */
const duplicateShareSocket = problem("duplicate-share-socket", "error");

export const check: Rule = ({ vms }) =>
  vms.flatMap(({ name, storage: { shares } }) =>
    repeated(
      duplicateShareSocket,
      "share socket",
      "Set another socket, or remove it.",
      shares
        .filter(({ proto }) => proto === "virtiofs")
        // Shares with one tag also have one socket: `duplicate-share-tag` reports them.
        .filter(
          ({ socket, tag }, at, all) => socket !== null || all.findIndex((one) => one.tag.value === tag.value) === at,
        )
        .map(({ path, tag, socket }) => ({
          value: socket ?? `${name}-virtiofs-${tag.value}.sock`,
          path: socket === null ? tag.path : [...path, "socket"],
        })),
    ),
  );
