/** The limits of a run of git whose guest stalls. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";
import { runGit, type ToGuest } from "../../src/git/run.js";
import { temporaryDirectory } from "../tree.js";

const ENDLESS = fileURLToPath(new URL("../../../../test/lab/hostile/endless.py", import.meta.url));

const fetchFrom = (clone: string, guest: ToGuest) =>
  runGit(clone, ["fetch", "--quiet", "--", "ssh://vm/x", "+refs/heads/*:refs/remotes/vm/*"], { guest });

/** A clone, and a program instead of ssh. */
const cloneWithSsh = (body: string): { readonly clone: string; readonly ssh: string } => {
  const clone = temporaryDirectory();
  execFileSync("git", ["init", "--quiet", clone]);
  const ssh = join(clone, "ssh");
  writeFileSync(ssh, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return { clone, ssh };
};

const isRunning = (pid: number): boolean =>
  existsSync(`/proc/${String(pid)}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${String(pid)}/status`, "utf8"));

it("ends git and its ssh when a guest sends nothing", async () => {
  const { clone, ssh } = cloneWithSsh('cd "$(dirname "$0")" && echo $$ >new && mv new pid\nexec sleep 1000');
  const pid = join(clone, "pid");
  const deadline = {
    seconds: 1,
    onEnd: () => {
      throw new Error("over");
    },
  };
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const ended = expect(fetchFrom(clone, { ssh, deadline })).rejects.toThrow("over");
  while (!existsSync(pid)) await sleep(20);
  vi.advanceTimersByTime(1000);
  vi.useRealTimers();
  await ended;
  await expect.poll(() => isRunning(Number(readFileSync(pid, "utf8"))), { timeout: 30_000 }).toBe(false);
});

it("ends a fetch when a guest sends too large a pack", async () => {
  const { clone, ssh } = cloneWithSsh(`exec python3 ${ENDLESS} 2>/dev/null`);
  const fileLimit = 1 << 20;
  const deadline = {
    seconds: 1000,
    onEnd: () => {
      throw new Error("over");
    },
  };
  const { exitCode, stderr } = await fetchFrom(clone, { ssh, deadline, fileLimit });
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 128,
    stderr: expect.stringContaining("index-pack") as string,
  });
  const packs = join(clone, ".git/objects/pack");
  expect(readdirSync(packs).map((name) => statSync(join(packs, name)).size)).toEqual([fileLimit]);
});
