import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { z } from "zod";
import { Failed } from "../report/failure.js";

/** An input of a flake with another revision than before. */
export interface UpdatedInput {
  readonly name: string;
  /** A short revision, or the start of a hash; null for an input that was not locked. */
  readonly before: string | null;
  readonly after: string | null;
}

const lockSchema = z.object({
  root: z.string(),
  nodes: z.record(
    z.string(),
    z.object({
      inputs: z.record(z.string(), z.unknown()).optional(),
      locked: z.object({ rev: z.string().optional(), narHash: z.string().optional() }).optional(),
    }),
  ),
});

/** The lock file of a flake while its inputs are updated. */
export interface LockUpdate {
  /** Updates the named inputs, or all of them. Throws {@link Failed} `nix-failed`. */
  readonly run: (inputs: readonly string[]) => readonly UpdatedInput[];
  /** Puts back the old lock file, unless it was kept. */
  readonly restore: () => void;
  readonly keep: () => void;
}

/** Opens the lock file in the folder of a flake. An early end of the process restores it. */
export const openLock = (folder: string): LockUpdate => {
  const file = join(folder, "flake.lock");
  const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  let isKept = false;
  const restore = (): void => {
    process.off("exit", restore);
    if (isKept) return;
    if (before !== undefined) writeFileSync(file, before);
    else if (existsSync(file)) rmSync(file);
  };
  process.on("exit", restore);
  return {
    run: (inputs) => {
      const { status, stderr, error } = spawnSync("nix", updateWords(folder, inputs), { encoding: "utf8" });
      if (error !== undefined) throw new Failed({ kind: "nix-missing" });
      if (status !== 0) throw new Failed({ kind: "nix-failed", cause: stderr.trim() });
      return changesOf(before, readFileSync(file, "utf8"));
    },
    restore,
    keep: () => {
      isKept = true;
      restore();
    },
  };
};

/** Until Nix 2.18, `nix flake update` has no names of inputs, and its argument is the flake. */
const updateWords = (folder: string, inputs: readonly string[]): readonly string[] => {
  const { stdout } = spawnSync("nix", ["--version"], { encoding: "utf8" });
  const [, major = "2", minor = "99"] = /(\d+)\.(\d+)/.exec(stdout) ?? [];
  const features = ["--extra-experimental-features", "nix-command flakes"];
  if (Number(major) > 2 || Number(minor) >= 19) return [...features, "flake", "update", "--flake", folder, ...inputs];
  return inputs.length === 0
    ? [...features, "flake", "update", folder]
    : [...features, "flake", "lock", ...inputs.flatMap((input) => ["--update-input", input]), folder];
};

const changesOf = (before: string | undefined, after: string): readonly UpdatedInput[] => {
  const [was, is] = [before, after].map((text) => (text === undefined ? new Map<string, string>() : revisionsIn(text)));
  return [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])]
    .sort()
    .map((name) => ({ name, before: was?.get(name) ?? null, after: is?.get(name) ?? null }))
    .filter((input) => input.before !== input.after);
};

/** The revisions of a flake's own inputs, by name. */
const revisionsIn = (text: string): ReadonlyMap<string, string> => {
  const { root, nodes } = lockSchema.parse(JSON.parse(text));
  return new Map(
    Object.entries(nodes[root]?.inputs ?? {}).flatMap(([name, node]): [string, string][] => {
      // A list follows another input.
      const locked = typeof node === "string" ? nodes[node]?.locked : undefined;
      const revision = locked?.rev?.slice(0, 12) ?? locked?.narHash?.slice(0, 19);
      return revision === undefined ? [] : [[name, revision]];
    }),
  );
};
