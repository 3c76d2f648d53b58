import { resolve } from "node:path";
import { Failed } from "../report/failure.js";
import { isVmName } from "./facts.js";
import type { FoundVm } from "./find.js";
import { attachHere } from "./machine.js";
import { guestOptions } from "./ssh.js";

/** A path of this machine, or of a VM. */
export interface CopyEnd {
  readonly vm: string | undefined;
  readonly path: string;
}

/** Reads `PATH` or `VM:PATH`. A path of this machine with a colon needs a slash before it, as for scp. */
const parseEnd = (typed: string): CopyEnd => {
  const at = typed.indexOf(":");
  const vm = typed.slice(0, at);
  return at > 0 && isVmName(vm) ? { vm, path: typed.slice(at + 1) } : { vm: undefined, path: typed };
};

/** Reads both ends of a copy; exactly one is a VM. */
export const parseCopy = (
  from: string,
  to: string,
): { readonly vm: string; readonly ends: readonly [CopyEnd, CopyEnd] } => {
  const ends = [parseEnd(from), parseEnd(to)] as const;
  const [vm, ...others] = ends.flatMap((end) => end.vm ?? []);
  if (vm === undefined || others.length > 0)
    throw new Failed({
      kind: "usage",
      message: "One of the two paths must be in a VM, and one on this machine.",
      remedy: "Write NAME:PATH for a path in a VM.",
    });
  return { vm, ends };
};

/** Copies files and folders. Returns the exit code of scp. */
export const copy = async (vm: FoundVm, ends: readonly [CopyEnd, CopyEnd]): Promise<number> =>
  attachHere([
    ...(["scp", "-r", ...(await guestOptions(vm)), "--"] as const),
    ...ends.map(({ vm: name, path }) => (name === undefined ? resolve(path) : `${name}:${path}`)),
  ]);
