/**
 * Hostile repositories against everyday work on the host. Each trick of `hostile/plant.sh` is a repository in a guest. The user reviews all of them and
 * merges those without findings over a real sshd, then works in the own clone. A copy of each repository stands in for a shared folder.
 */
import { execFile } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RiskName } from "../../packages/emit/src/git/risks.js";
import { bootSystemdHost, type SystemdHost, whatSystemdMisses } from "./systemd-host.js";

const missing = whatSystemdMisses();
if (missing !== undefined) console.error(`NOT TESTED: hostile workspaces, because ${missing}.`);

const SCRIPTS = fileURLToPath(new URL("hostile", import.meta.url));
const PAGE = readFileSync(new URL("../../docs/hostile-workspaces.md", import.meta.url), "utf8");
const ADDRESS = "10.8.0.1";
const CLONE = "/home/alice/clone/clone";

/** The effect of a trick: over Git, and as the acts in a shared folder with which its program runs. */
interface Effect {
  readonly overGit: readonly string[];
  readonly inShare: readonly string[];
}

const wordsOf = (cell: string): readonly string[] =>
  cell
    .split(", ")
    .map((word) => word.replaceAll("`", "").trim())
    .filter((word) => word !== "" && word !== "nothing")
    .sort();

/** The table of the page: the effect that is expected of each trick. */
const expected = new Map<string, Effect>(
  [...PAGE.matchAll(/^\| `([a-z-]+)` +\|[^|]*\|([^|]*)\|([^|]*)\|$/gm)].map(
    ([, trick = "", overGit = "", inShare = ""]) => [trick, { overGit: wordsOf(overGit), inShare: wordsOf(inShare) }],
  ),
);
const names = [...expected.keys()];
const isExpected = (name: string, effect: string): boolean => expected.get(name)?.overGit.join() === effect;
/** `merge` reviews these itself. */
const merged = names.filter((name) => isExpected(name, "merged"));
const reviewed = names.filter((name) => !isExpected(name, "merged"));
const refused = names.filter((name) => isExpected(name, "refused"));
/** Some branches that `merge` refuses. */
const found = ["bare-repository", "envrc-sourced", "makefile"];

/** The file that the emitted modules write. */
const facts = {
  host: "lab",
  stateDir: "/var/lib/microvms",
  bridges: ["vms"],
  vms: Object.fromEntries(
    [...names, "work", "stalled", "endless"].map((name) => [
      name,
      {
        addresses: [ADDRESS],
        user: name === "stalled" || name === "endless" ? name : "agent",
        workspace: `/guest/${name}`,
        repository: { clone: null, image: null },
        agent: null,
        guest: null,
        sshHostKeys: null,
        images: [],
        taps: [],
      },
    ]),
  ),
};

interface Answer {
  readonly ok: boolean;
  readonly findings?: readonly { readonly risk: RiskName }[];
  readonly problems: readonly { readonly code: string }[];
}

describe.skipIf(missing !== undefined)("a hostile workspace", () => {
  let host: SystemdHost;
  let fetches: ReadonlyMap<string, Answer>;
  let reviews: ReadonlyMap<string, Answer>;
  let merges: ReadonlyMap<string, Answer>;
  let inClone: readonly string[];
  let inShare: readonly string[];

  const npm = realpathSync(join(dirname(process.execPath), "npm"));
  const program = async (user: string, ...words: readonly string[]): Promise<string> => {
    const [enter, ...args] = host.entering(user);
    const variables = [`NODE=${process.execPath}`, `NPM=${npm}`];
    return (await promisify(execFile)(enter, [...args, "env", ...variables, ...words], { maxBuffer: 1 << 26 })).stdout;
  };
  const script = (user: string, name: string, ...args: readonly string[]): Promise<string> =>
    program(user, "bash", join(SCRIPTS, name), ...args);
  const answers = async (command: string, of: readonly string[]): Promise<ReadonlyMap<string, Answer>> => {
    const output = await program("alice", process.execPath, join(SCRIPTS, "commands.js"), CLONE, command, ...of);
    const texts = output.split("\0").slice(1);
    return new Map(of.map((name, at) => [name, JSON.parse(texts[at] ?? "") as Answer]));
  };
  const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

  beforeAll(async () => {
    host = await bootSystemdHost([dirname(dirname(npm))]);
    await host.put("/etc/microvm/vms.json", JSON.stringify(facts));
    await host.run(`make-vm guest ${ADDRESS}; systemctl start microvm@guest`);
    await script("root", "prepare.sh", ...names);
    await script("root", "start.sh", "work", ...refused);
    fetches = await answers("fetch", merged);
    reviews = await answers("review", reviewed);
    merges = await answers("merge", [...merged, ...found]);
    inClone = linesOf(await script("alice", "act.sh", dirname(CLONE), "clone"));
    inShare = linesOf(await script("alice", "act.sh", "/home/alice/share", ...names));
  }, 600_000);
  afterAll(() => (host as SystemdHost | undefined)?.close());

  const codesOf = ({ problems }: Answer): readonly string[] => problems.map(({ code }) => code);
  const overGit = (name: string): readonly string[] => {
    const answer = reviews.get(name) ?? fetches.get(name);
    if (answer?.ok !== true)
      return answer === undefined ? [] : codesOf(answer).map((code) => (code === "git-failed" ? "refused" : code));
    if (answer.findings !== undefined) return [...new Set(answer.findings.map(({ risk }) => risk))].sort();
    const merge = merges.get(name);
    return merge?.ok === true ? ["merged"] : merge === undefined ? [] : codesOf(merge);
  };
  const acts = (name: string): readonly string[] =>
    inShare
      .filter((line) => line.endsWith(`: ${name}`))
      .map((line) => line.slice(0, -name.length - 2))
      .sort();

  it("is one of those that the page counts", () => {
    const inShares = names.filter((name) => expected.get(name)?.inShare.length !== 0);
    const counts = [
      /tries\s+(\d+) such/,
      /shared-folders\) +\| (\d+) of/,
      /refuses (\d+) tricks/,
      /finds (\d+),/,
      /other (\d+) are/,
    ];
    expect(counts.map((count) => Number(count.exec(PAGE)?.[1]))).toEqual([
      ...[names.length, inShares.length, refused.length],
      ...[names.length - refused.length - merged.length, merged.length],
    ]);
    expect(names.length).toBeGreaterThanOrEqual(40);
  });

  it.each(names)("%s has the effects of the table", (name) => {
    expect({ overGit: overGit(name), inShare: acts(name) }).toEqual(expected.get(name));
  });

  it.each(found)("%s is not merged, because of its findings", (name) => {
    expect(merges.get(name)).toMatchObject({ ok: false, problems: [{ code: "review-has-findings" }] });
  });

  it("runs no program and writes no file outside, over Git", () => {
    expect(inClone).toEqual([]);
  });

  describe("a guest's repository over sshd", () => {
    const emit = (...args: readonly string[]): unknown => {
      const { stdout, stderr } = host.emit("alice", [...args, "--json", "--repo", "/home/alice/base"]);
      if (stdout === "") throw new Error(stderr);
      return JSON.parse(stdout);
    };
    const inGuest = (command: string): Promise<string> => program("agent", "sh", "-euc", `cd /guest/work; ${command}`);
    const commit =
      "echo more >>notes; git -c user.name=agent -c user.email=agent@vm commit -q -a -m More; git rev-parse HEAD";

    it("gets the files of a push, and gives commits to fetch, review and merge", async () => {
      expect(emit("push", "work")).toMatchObject({ ok: true, branch: "main" });
      expect(await inGuest("git status --porcelain; tail -n 1 notes")).toBe("fifth\n");
      expect(emit("fetch", "work")).toMatchObject({ branches: [{ name: "main", change: "new" }] });
      const id = (await inGuest(commit)).trim();
      expect(emit("fetch", "work")).toMatchObject({ branches: [{ name: "main", commit: id, change: "moved" }] });
      expect(emit("review", "work")).toMatchObject({ commit: id, findings: [], files: [{ path: "notes" }] });
      expect(emit("merge", "work")).toMatchObject({ ok: true, head: id });
      expect(emit("push", "work")).toMatchObject({ ok: true, commit: id });
    });

    it("refuses a push that would overwrite its changed files", async () => {
      await inGuest("echo unsaved >>notes");
      await program("alice", "git", "-C", "/home/alice/base", "commit", "-q", "--allow-empty", "-m", "On the host");
      expect(emit("push", "work")).toMatchObject({ ok: false, problems: [{ code: "push-refused" }] });
      expect(await inGuest("tail -n 1 notes")).toBe("unsaved\n");
    });

    it.each(["fetch", "push", "review"])("stalls %s only until its timeout", (command) => {
      expect(emit(command, "stalled", "--timeout", "1")).toMatchObject({ problems: [{ code: "vm-timed-out" }] });
    });

    it("sends a pack without end only until the timeout, and leaves nothing of it", async () => {
      expect(emit("fetch", "endless", "--timeout", "1")).toMatchObject({ problems: [{ code: "vm-timed-out" }] });
      expect(await host.run("find /home/alice/base/.git -name 'tmp_*'; pgrep -u alice git || true")).toBe("");
    });
  });

  it("has no other effects in a shared folder", () => {
    expect(inShare.filter((line) => !names.some((name) => line.endsWith(`: ${name}`)))).toEqual([]);
  });
});
