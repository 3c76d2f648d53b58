import { existsSync, readdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { Failed } from "../report/failure.js";
import { executeCaptured, requireRunning } from "../vm/enter.js";
import type { Deadline } from "../vm/deadline.js";
import type { FoundVm } from "../vm/find.js";
import { shellLine } from "../vm/shell-words.js";
import { guestOptions } from "../vm/ssh.js";
import { fieldsOf, gitAnswer, gitFailed, gitOutput, type GitEnd, runGit } from "./run.js";

/** A VM with the user's clone of the repository that it works on. */
export interface Pair {
  readonly vm: FoundVm;
  /** The top folder of the clone. */
  readonly clone: string;
  /** The repository in the guest. */
  readonly url: string;
  /** The longest time for each exchange with the guest. */
  readonly seconds: number;
}

/** The references of a VM in the clone. Nothing else is written. */
const refsOf = (name: string): string => `refs/remotes/vm/${name}/`;

/** The name of a VM's branch in messages. */
export const branchOf = (name: string, branch: string): string => `vm/${name}/${branch}`;

/**
 * Finds the clone: as typed, otherwise as in the config, otherwise in the current directory.
 *
 * @throws {Failed} `clone-missing`, `vm-without-workspace`
 */
export const pairOf = async (vm: FoundVm, typed: string | undefined, seconds: number): Promise<Pair> => {
  const { name, facts } = vm;
  const workspace = facts?.workspace ?? null;
  if (workspace === null) throw new Failed({ kind: "vm-without-workspace", vm: name });
  const folder = typed ?? facts?.repository?.clone?.replace(/^~(?=\/)/, homedir()) ?? ".";
  const clone = existsSync(folder) ? await gitAnswer(folder, ["rev-parse", "--show-toplevel"]) : undefined;
  if (clone === undefined || clone === "")
    throw new Failed({ kind: "clone-missing", vm: name, folder: resolve(folder) });
  const path = workspace.split("/").map(encodeURIComponent).join("/");
  return { vm, clone, url: `ssh://${name}${path}`, seconds };
};

/** Writes the remote `vm/NAME`, which names the guest's branches in the clone, unless it is up to date. */
const writeRemote = async ({ vm: { name }, clone, url }: Pair): Promise<void> => {
  const remote = `remote.vm/${name}`;
  const wanted = {
    url,
    fetch: `+refs/heads/*:${refsOf(name)}*`,
    tagopt: "--no-tags",
    // `git fetch --all` would fetch without the checks, and wait for a VM that does not run.
    skipfetchall: "true",
  };
  const { stdout } = await runGit(clone, ["config", "--local", "-z", "--get-regexp", `^remote\\.vm/${name}\\.`]);
  const found = new Map(
    fieldsOf(stdout).map((entry): [string, string] => {
      const at = entry.indexOf("\n");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
  for (const [key, value] of Object.entries(wanted))
    if (found.get(`${remote}.${key}`) !== value)
      await gitOutput(clone, ["config", "--local", "--replace-all", `${remote}.${key}`, value]);
};

/** A guest could let an exchange wait for ever. */
const deadlineOf = ({ vm: { name }, seconds }: Pair): Deadline => ({
  seconds,
  onEnd: () => {
    throw new Failed({ kind: "vm-timed-out", vm: name, seconds });
  },
});

/** The unfinished packs in a folder. Git leaves one behind if a fetch fails. */
const unfinishedIn = (packs: string): readonly string[] =>
  existsSync(packs) ? readdirSync(packs).filter((name) => name.startsWith("tmp_")) : [];

/** Runs git with a way to the guest; fails with the state of a VM that does not run. */
const withGuest = async (pair: Pair, args: readonly string[]): Promise<GitEnd> => {
  const { vm, clone } = pair;
  const ssh = shellLine(["ssh", ...(await guestOptions(vm))]);
  const packs = resolve(clone, (await gitAnswer(clone, ["rev-parse", "--git-path", "objects/pack"])) ?? ".git");
  const before = unfinishedIn(packs);
  let isFetched = false;
  try {
    const end = await runGit(clone, args, { guest: { ssh, deadline: deadlineOf(pair) } });
    isFetched = end.exitCode === 0;
    if (!isFetched) await requireRunning(vm);
    return end;
  } finally {
    if (!isFetched)
      for (const name of unfinishedIn(packs)) if (!before.includes(name)) rmSync(join(packs, name), { force: true });
  }
};

/** A branch of a VM in the clone. */
export interface Branch {
  readonly name: string;
  readonly commit: string;
}

/** The branches of a VM as of its last fetch. */
export const branchesOf = async ({ vm: { name }, clone }: Pair): Promise<readonly Branch[]> => {
  const prefix = refsOf(name);
  const output = await gitOutput(clone, ["for-each-ref", "--format=%(refname)%00%(objectname)%00", prefix]);
  const fields = fieldsOf(output).map((field) => field.replace(/^\n/, ""));
  return fields.flatMap((ref, at) =>
    at % 2 === 0 && ref.startsWith(prefix) ? [{ name: ref.slice(prefix.length), commit: fields[at + 1] ?? "" }] : [],
  );
};

export interface FetchedBranch extends Branch {
  readonly change: "new" | "moved" | "gone" | "same";
}

/** Fetches the branches of a VM. */
export const fetchBranches = async (pair: Pair): Promise<readonly FetchedBranch[]> => {
  const { vm, clone, url } = pair;
  await writeRemote(pair);
  const before = new Map((await branchesOf(pair)).map(({ name, commit }) => [name, commit]));
  const args = [
    ...["fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"],
    ...["--no-auto-maintenance", "--", url, `+refs/heads/*:${refsOf(vm.name)}*`],
  ];
  const { exitCode, stderr } = await withGuest(pair, args);
  if (exitCode !== 0) throw gitFailed(clone, args, stderr);
  const after = await branchesOf(pair);
  const kept = new Set(after.map(({ name }) => name));
  return [
    ...after.map(({ name, commit }): FetchedBranch => {
      const was = before.get(name);
      return { name, commit, change: was === undefined ? "new" : was === commit ? "same" : "moved" };
    }),
    ...[...before]
      .filter(([name]) => !kept.has(name))
      .map(([name, commit]) => ({ name, commit, change: "gone" }) as const),
  ];
};

/** The branch of the clone's work tree; undefined for a detached HEAD. */
export const currentBranch = (clone: string): Promise<string | undefined> =>
  gitAnswer(clone, ["symbolic-ref", "--quiet", "--short", "HEAD"]);

/** Pushes a branch to the branch of the same name in the guest. */
export const pushBranch = async (pair: Pair, branch: string): Promise<Branch> => {
  const { vm, clone, url } = pair;
  const ref = `refs/heads/${branch}`;
  const commit = await gitAnswer(clone, ["rev-parse", "--verify", "--quiet", `${ref}^{commit}`]);
  if (commit === undefined)
    throw new Failed({ kind: "branch-missing", vm: vm.name, branch, known: await heads(clone) });
  await writeRemote(pair);
  // The work tree of a new repository gets the files of the first branch.
  const inGuest = (...words: readonly string[]) => executeCaptured(vm, ["git", ...words], deadlineOf(pair));
  const head = await inGuest("rev-parse", "--verify", "--quiet", "HEAD");
  if (head.exitCode !== 0) await inGuest("symbolic-ref", "HEAD", ref);
  const args = ["push", "--porcelain", "--no-verify", "--", url, `${ref}:${ref}`];
  const { exitCode, stdout, stderr } = await withGuest(pair, args);
  if (exitCode !== 0) {
    const refused = /^!\t[^\t]*\t(.*)$/m.exec(stdout.toString("utf8"))?.[1];
    throw refused === undefined
      ? gitFailed(clone, args, stderr)
      : new Failed({ kind: "push-refused", vm: vm.name, branch, cause: refused });
  }
  return { name: branch, commit };
};

const heads = async (clone: string): Promise<readonly string[]> =>
  (await gitOutput(clone, ["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/"]))
    .toString("utf8")
    .split("\n")
    .filter((name) => name !== "");
