/** A user's clone of the repository that a VM works on. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Key } from "./guest.js";
import type { Host } from "./host.js";

/** Makes a clone with one commit of a `file` on the branch `main`, and returns its folder. */
export const makeClone = (folder: string): string => {
  mkdirSync(folder);
  const git = (...args: readonly string[]): unknown => execFileSync("git", ["-C", folder, ...args]);
  git("init", "--quiet", "--initial-branch=main");
  git("config", "user.name", "alice");
  git("config", "user.email", "alice@example.org");
  writeFileSync(join(folder, "file"), "base\n");
  git("add", "file");
  git("commit", "--quiet", "--message", "base");
  return folder;
};

export const readClone = (folder: string): string => readFileSync(join(folder, "file"), "utf8");

/** Copies a clone to the home of the user on the host, with a key that the VMs accept. */
export const putClone = async (host: Host, folder: string, { privateKey }: Key): Promise<void> => {
  const home = "/home/alice";
  cpSync(folder, join(host.folder, "root", home, basename(folder)), { recursive: true });
  await host.run(`
    chown -R alice:users ${home}/${basename(folder)}
    install -d -m 700 -o alice -g users ${home}/.ssh
    install -m 600 -o alice -g users /dev/null ${home}/.ssh/id_ed25519
    cat >${home}/.ssh/id_ed25519 <<'KEY'\n${privateKey}KEY`);
};
