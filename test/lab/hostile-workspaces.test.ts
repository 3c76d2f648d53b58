/**
 * Hostile repositories against everyday work on the host. Each trick of `hostile/plant.sh` is a repository in a guest. The user reviews and merges it
 * over a real sshd, then works in the own clone. A copy of the repository stands in for a shared folder.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RiskName } from "../../packages/emit/src/git/risks.js";
import { bootSystemdHost, type SystemdHost, whatSystemdMisses } from "./systemd-host.js";

const missing = whatSystemdMisses();
if (missing !== undefined) console.error(`NOT TESTED: hostile workspaces, because ${missing}.`);

const SCRIPTS = fileURLToPath(new URL("hostile", import.meta.url));
const BIN = fileURLToPath(new URL("../../packages/emit/dist/bin/microvm-emit.js", import.meta.url));
const PAGE = readFileSync(new URL("../../docs/workspaces.md", import.meta.url), "utf8");
const ADDRESS = "10.8.0.1";

/** The result of `fetch`, or the findings of `review`; a branch without findings is merged. */
type Expected = "refused" | readonly RiskName[];

/** The tricks of `hostile/plant.sh`. */
const TRICKS: Readonly<Record<string, Expected>> = {
  "config-fsmonitor": [],
  "config-hooks-path": ["executable", "named"],
  "config-pager": [],
  "config-diff-external": [],
  "config-textconv": ["attributes"],
  "config-filter": ["attributes"],
  "config-ssh-command": [],
  "config-include": [],
  "config-alias": [],
  "config-signature": [],
  "config-editor": [],
  "config-upload-pack": [],
  "config-remote-ext": [],
  "nested-submodule": ["submodule"],
  "nested-repository": [],
  "hook-checkout": [],
  "hook-index": [],
  "hook-commit": [],
  alternates: [],
  "git-file": [],
  "branch-name": [],
  "bare-repository": ["embedded-repository"],
  "tree-git-folder": "refused",
  "tree-git-short-name": "refused",
  "tree-parent": "refused",
  "tree-slash": "refused",
  "submodule-url": "refused",
  "submodule-name": "refused",
  "submodule-command": "refused",
  "symlink-file": ["symlink"],
  "symlink-folder": ["build", "symlink"],
  "fifo-ignore": [],
  "fifo-file": [],
  "name-escape": ["misleading-name"],
  "name-dash": ["misleading-name"],
  "name-command": [],
  "name-twins": ["case-twin"],
  "commit-escape": ["misleading-commit"],
  envrc: ["directory"],
  "envrc-sourced": ["named"],
  "envrc-sourced-twice": ["named"],
  "envrc-path": ["executable", "named"],
  vscode: ["editor"],
  husky: ["executable", "hooks", "named"],
  "git-config-named": ["named"],
  "npm-script": ["npm-script"],
  makefile: ["make"],
  "make-included": ["named"],
  conftest: ["python"],
  sitecustomize: ["python"],
};
const names = Object.keys(TRICKS);
const refused = names.filter((name) => TRICKS[name] === "refused");
const clean = names.filter((name) => TRICKS[name]?.length === 0);
/** Some branches that `merge` must refuse. */
const found = ["bare-repository", "envrc-sourced", "makefile"];

/** The file that the emitted modules write. */
const facts = {
  host: "lab",
  stateDir: "/var/lib/microvms",
  bridges: ["vms"],
  vms: Object.fromEntries(
    names.map((name) => [
      name,
      {
        addresses: [ADDRESS],
        user: "agent",
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

/** The rows of the table in the docs, as lines of `hostile/act.sh`. */
const [table = ""] = /^\| on the host [^]*?\n(?!\|)/m.exec(PAGE) ?? [];
const documented = table
  .split("\n")
  .slice(2)
  .flatMap((line) => {
    const [, act = "", tricks = ""] = line.split("|");
    return [...tricks.matchAll(/`([^`]+)`/g)].map(([, trick = ""]) => `${act.replaceAll("`", "").trim()}: ${trick}`);
  });

interface Answer {
  readonly ok: boolean;
  readonly findings?: readonly { readonly risk: RiskName }[];
  readonly problems?: readonly { readonly code: string }[];
}

describe.skipIf(missing !== undefined)("a hostile workspace", () => {
  let host: SystemdHost;
  let reviews: ReadonlyMap<string, Answer>;
  let merges: ReadonlyMap<string, Answer>;
  let inClone: readonly string[];
  let inShare: readonly string[];

  const script = async (user: string, name: string, ...args: readonly string[]): Promise<string> => {
    const [program, ...entering] = host.entering(user);
    const words = [
      ...entering,
      "env",
      `NODE=${process.execPath}`,
      `EMIT=${BIN}`,
      "bash",
      `${SCRIPTS}/${name}`,
      ...args,
    ];
    return (await promisify(execFile)(program, words, { maxBuffer: 1 << 26 })).stdout;
  };
  const answers = async (command: string, of: readonly string[]): Promise<ReadonlyMap<string, Answer>> => {
    const parts = (await script("alice", "commands.sh", command, ...of)).split(/^==> (.*) <==$/m).slice(1);
    return new Map(
      of.map((name) => {
        const text = parts[parts.indexOf(name) + 1] ?? "";
        return [name, JSON.parse(text) as Answer];
      }),
    );
  };
  const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

  beforeAll(async () => {
    host = await bootSystemdHost();
    await host.put("/etc/microvm/vms.json", JSON.stringify(facts));
    await host.run(`mkdir -p /run/sshd; make-vm guest ${ADDRESS}; systemctl start microvm@guest`);
    await script("root", "prepare.sh", ...names);
    await script("root", "start.sh", ...refused);
    reviews = await answers("review", names);
    merges = await answers("merge", [...clean, ...found]);
    inClone = linesOf(
      await script("alice", "act.sh", "/home/alice/clone", ...names.filter((name) => !refused.includes(name))),
    );
    inShare = linesOf(await script("alice", "act.sh", "/home/alice/share", ...names));
  }, 600_000);
  afterAll(() => (host as SystemdHost | undefined)?.close());

  const seen = (name: string): Expected => {
    const { findings, problems } = reviews.get(name) ?? {};
    if (findings !== undefined) return [...new Set(findings.map(({ risk }) => risk))].sort();
    expect(problems).toMatchObject([{ code: "git-failed" }]);
    return "refused";
  };

  it("is one of at least 40", () => {
    expect(names.length).toBeGreaterThanOrEqual(40);
  });

  it.each(Object.entries(TRICKS))("%s: review finds what runs by itself, or fetch refuses it", (name, expected) => {
    expect(seen(name)).toEqual(expected);
  });

  it.each(clean)("%s: merge merges the branch, which has no findings", (name) => {
    expect(merges.get(name)).toMatchObject({ ok: true });
  });

  it.each(found)("%s: merge refuses the branch", (name) => {
    expect(merges.get(name)).toMatchObject({ ok: false, problems: [{ code: "review-has-findings" }] });
  });

  it("runs no program and writes no file outside, in the user's clone", () => {
    expect(inClone).toEqual([]);
  });

  it("runs in a shared folder with the acts that the docs list", () => {
    expect([...inShare].sort()).toEqual([...documented].sort());
    expect(documented.length).toBeGreaterThan(20);
  });
});
