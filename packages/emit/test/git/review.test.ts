/** Reviews of branches that hostile guests made, in real repositories. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Pair } from "../../src/git/clone.js";
import { mergeReviewed } from "../../src/git/merge.js";
import { type Review, reviewOf, selectBranch } from "../../src/git/review.js";
import { formatReview } from "../../src/git/review-table.js";
import { type Risk, type RiskName, risks, risksOf } from "../../src/git/risks.js";
import type { Style } from "../../src/report/style.js";
import { temporaryDirectory } from "../tree.js";

const identity = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@b" };

const git = (folder: string, args: readonly string[], input = ""): string =>
  execFileSync("git", ["-c", "protocol.file.allow=always", "-c", "core.hooksPath=/dev/null", ...args], {
    cwd: folder,
    env: { ...process.env, ...identity },
    encoding: "utf8",
    input,
    stdio: ["pipe", "pipe", "pipe"],
  }).trim();

/** A clone with a commit on main, whose branch vm/guest/main has another one that `change` makes. */
const branched = (change: (work: string) => void, before: (work: string) => void = () => undefined): Pair => {
  const clone = temporaryDirectory();
  git(clone, ["init", "--quiet", "--initial-branch=main"]);
  for (const [name, value] of Object.entries({ "user.name": "a", "user.email": "a@b" }))
    git(clone, ["config", name, value]);
  writeFileSync(join(clone, "file"), "text\n");
  before(clone);
  git(clone, ["add", "--all"]);
  git(clone, ["commit", "--quiet", "-m", "first"]);
  git(clone, ["switch", "--quiet", "--detach"]);
  change(clone);
  git(clone, ["add", "--all"]);
  git(clone, ["commit", "--quiet", "--allow-empty", "-m", "second"]);
  git(clone, ["update-ref", "refs/remotes/vm/guest/main", "HEAD"]);
  git(clone, ["switch", "--quiet", "--force", "main"]);
  return { vm: { name: "guest" } as Pair["vm"], clone, url: "", seconds: 60 };
};

/** The same with a tree that git itself writes to no work tree. */
const withTree = (lines: readonly string[]): Pair => {
  const pair = branched(() => undefined);
  const blob = git(pair.clone, ["hash-object", "-w", "--stdin"], "x\n");
  const tree = git(
    pair.clone,
    ["mktree", "-z", "--missing"],
    `${lines.map((line) => line.replace("BLOB", blob)).join("\0")}\0`,
  );
  const commit = git(pair.clone, ["commit-tree", tree, "-p", "HEAD", "-m", "made"]);
  git(pair.clone, ["update-ref", "refs/remotes/vm/guest/main", commit]);
  return pair;
};

const plain: Style = {
  bold: String,
  dim: String,
  red: String,
  yellow: String,
  green: String,
  cyan: String,
  path: String,
};

const review = async (pair: Pair): Promise<Review> => reviewOf(pair, await selectBranch(pair, undefined));
const found = async (pair: Pair): Promise<readonly string[]> =>
  (await review(pair)).findings.map(({ risk, path }) => `${risk} ${path}`);

const put =
  (files: Readonly<Record<string, string>>) =>
  (work: string): void => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), text);
    }
  };
const link =
  (path: string, target: string) =>
  (work: string): void => {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    symlinkSync(target, join(work, path));
  };

const patterns = (Object.entries(risks) as [RiskName, Risk][]).flatMap(([name, { paths = [] }]) =>
  paths.map((pattern) => [name, pattern] as const),
);
const nothing = {
  before: undefined,
  after: "other",
  tree: { has: () => false, twinsOf: () => [] },
  isNamed: () => false,
};
const added = (path: string, mode = "100644") => ({
  path,
  status: "A",
  modes: { before: "000000", after: mode },
  objects: { before: "0", after: "1" },
});

describe("the table of risks", () => {
  it.each(patterns)("%s has %s in every folder, in any case", (name, pattern) => {
    const path = pattern.replaceAll("*", "x") + (pattern.endsWith("/") ? "deep/file" : "");
    for (const one of [path, `a/b/${path}`, path.toUpperCase()]) expect(risksOf(added(one), nothing)).toContain(name);
    expect(risksOf({ ...added(path), status: "D" }, nothing)).toEqual([]);
    expect(risksOf(added(`x${path.replaceAll("/", "-")}x`), nothing)).not.toContain(name);
  });

  it("finds nothing in ordinary files", () => {
    const paths = ["README.md", "src/main.ts", "src/hooks/use.ts", "docs/make.md", "a b/ü.txt", "lib/environment.py"];
    expect(paths.flatMap((path) => risksOf(added(path), { ...nothing, after: "text" }))).toEqual([]);
  });
});

describe("a review finds", () => {
  const bidi = "if (isAdmin\u202E) { /* \u2066 */ }\n";
  it.each<[string, Pair | (() => Pair), readonly string[]]>([
    ["a file of an editor", () => branched(put({ "a/.vscode/tasks.json": "{}" })), ["editor a/.vscode/tasks.json"]],
    ["a changed Makefile", () => branched(put({ Makefile: "b:" }), put({ Makefile: "a:" })), ["make Makefile"]],
    ["a link to /", () => branched(link("a", "/etc/passwd")), ["symlink a"]],
    ["a link above the tree", () => branched(link("a/b", "../../x")), ["symlink a/b"]],
    [
      "a link through another one",
      () =>
        branched((work) => {
          link("one", ".")(work);
          link("two", "one/one/..")(work);
        }),
      ["symlink two"],
    ],
    ["a link into .git", () => branched(link("a/notes", "../.git/config")), ["symlink a/notes"]],
    ["no link inside the tree", () => branched(link("a/b", "../file")), []],
    [
      "a new executable",
      () =>
        branched((work) => {
          writeFileSync(join(work, "tool"), "#!/bin/sh\n", { mode: 0o755 });
        }),
      ["executable tool"],
    ],
    ["a name with an escape sequence", () => branched(put({ "a\u001b[2Jb": "" })), ["misleading-name a\u001b[2Jb"]],
    ["a name with a reversed part", () => branched(put({ "a\u202Etxt.exe": "" })), ["misleading-name a\u202Etxt.exe"]],
    ["a name like an option", () => branched(put({ "-rf": "" })), ["misleading-name -rf"]],
    ["a text with characters that reverse its direction", () => branched(put({ "a.ts": bidi })), ["hidden-text a.ts"]],
    ["no text that had such characters before", () => branched(put({ "a.ts": `${bidi}x` }), put({ "a.ts": bidi })), []],
    [
      "new scripts of npm",
      () =>
        branched(
          put({ "package.json": `{"scripts":{"postinstall":"id"}}` }),
          put({ "package.json": `{"version":"1"}` }),
        ),
      ["npm-script package.json"],
    ],
    [
      "no other change of package.json",
      () =>
        branched(
          put({ "package.json": `{"version":"2","scripts":{"a":"b"}}` }),
          put({ "package.json": `{"version":"1","scripts":{"a":"b"}}` }),
        ),
      [],
    ],
    [
      "twins",
      () => withTree(["100644 blob BLOB\tReadme", "100644 blob BLOB\treadme"]),
      ["case-twin Readme", "case-twin readme"],
    ],
    [
      "twins in another Unicode form",
      () => withTree(["100644 blob BLOB\te\u0301", "100644 blob BLOB\t\u00e9"]),
      ["case-twin e\u0301", "case-twin \u00e9"],
    ],
    ["a submodule", () => withTree([`160000 commit ${"1".repeat(40)}\tsub`]), ["submodule sub"]],
    [
      "a repository in the tree",
      () =>
        branched(
          put({
            "a/HEAD": "ref: refs/heads/main\n",
            "a/config": "[core]\n",
            "a/objects/x": "",
            "a/refs/x": "",
          }),
        ),
      ["embedded-repository a/HEAD", "embedded-repository a/config"],
    ],
    [
      "a repository in the tree whose config is in another folder",
      () =>
        branched(
          put({
            "a/HEAD": "ref: refs/heads/main\n",
            "a/commondir": "../b\n",
            "b/config": "[core]\n",
            "b/objects/x": "",
            "b/refs/x": "",
          }),
        ),
      ["embedded-repository a/HEAD", "embedded-repository a/commondir"],
    ],
    [
      "a repository in the tree whose HEAD is a link",
      () =>
        branched((work) => {
          put({ "a/objects/x": "", "a/refs/x": "" })(work);
          link("a/HEAD", "refs/heads/main")(work);
        }),
      ["embedded-repository a/HEAD"],
    ],
    ["no file named HEAD outside a repository", () => branched(put({ "docs/HEAD": "text", config: "text" })), []],
    ...[
      ["source_env lib/env.sh", "lib/env.sh"],
      ["PATH_add bin", "bin/deep/tool"],
      ['. "$PWD/lib/env.sh"', "lib/env.sh"],
      ['source "$(dirname "${BASH_SOURCE[0]}")/lib/env.sh"', "lib/env.sh"],
      ["dotenv_if_exists ./settings", "settings"],
      ["export PATH=$PWD/node_modules/.bin:$PATH", "node_modules/.bin/tool"],
    ].map(([line = "", path = ""]): [string, () => Pair, readonly string[]] => [
      `a file that the user's .envrc names: ${line}`,
      () => branched(put({ [path]: "new" }), put({ ".envrc": `${line}\n`, [path]: "old" })),
      [`named ${path}`],
    ]),
    [
      "a file that a file of .envrc sources",
      () =>
        branched(
          put({ "lib/more": "new" }),
          put({ ".envrc": "source_env lib/env\n", "lib/env": "source ./more\n", "lib/more": "" }),
        ),
      ["named lib/more"],
    ],
    [
      "a file that the user's Makefile includes",
      () => branched(put({ rules: "new" }), put({ Makefile: "-include rules\nall: src\n", rules: "", src: "" })),
      ["named rules"],
    ],
    [
      "a file below the user's core.hooksPath",
      () => {
        const pair = branched(put({ "tools/hooks/pre-commit": "new" }));
        git(pair.clone, ["config", "core.hooksPath", "tools/hooks"]);
        return pair;
      },
      ["named tools/hooks/pre-commit"],
    ],
    [
      "a file that the clone's config includes",
      () => {
        const pair = branched(put({ "team.conf": "new" }), put({ "team.conf": "" }));
        git(pair.clone, ["config", "include.path", "../team.conf"]);
        return pair;
      },
      ["named team.conf"],
    ],
    [
      "no file that the user's .envrc does not name",
      () => branched(put({ "src/lib": "new" }), put({ ".envrc": "# src/lib\nexport DIR=src\nlayout python\n" })),
      [],
    ],
  ])("%s", async (_, pair, findings) => {
    expect(await found(typeof pair === "function" ? pair() : pair)).toEqual(findings);
  });
});

it("a review lists commits and files, and shows no escape sequence", async () => {
  const pair = branched((work) => {
    put({ "new\u001b]0;x\u0007": "1" })(work);
    rmSync(join(work, "file"));
  });
  const result = await review(pair);
  expect(result).toMatchObject({
    branch: "vm/guest/main",
    commits: [{ subject: "second", author: "a <a@b>" }],
    files: [
      { path: "file", status: "D" },
      { path: "new\u001b]0;x\u0007", status: "A" },
    ],
  });
  const text = formatReview(result, pair, plain);
  expect(text).toContain(String.raw`new\u001b]0;x\u0007`);
  expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
});

it("a branch without a common commit is compared with nothing", async () => {
  const pair = branched(() => undefined);
  const commit = git(pair.clone, ["commit-tree", "HEAD^{tree}", "-m", "\u001b[31mother"]);
  git(pair.clone, ["update-ref", "refs/remotes/vm/guest/main", commit]);
  expect(await review(pair)).toMatchObject({
    base: null,
    commits: [{ author: "a <a@b>" }],
    findings: [{ risk: "misleading-commit", path: commit }],
    files: [{ path: "file", status: "A" }],
  });
});

it("a small repository that unpacks to gigabytes is refused", async () => {
  const pair = branched(() => undefined);
  let object = git(pair.clone, ["hash-object", "-w", "--stdin"], "x\n");
  for (let depth = 0; depth < 9; depth++) {
    const kind = depth === 0 ? "100644 blob" : "040000 tree";
    const names = Array.from({ length: 10 }, (_, at) => `${kind} ${object}\tnumber${String(at)}`);
    object = git(pair.clone, ["mktree"], `${names.join("\n")}\n`);
  }
  const commit = git(pair.clone, ["commit-tree", object, "-p", "HEAD", "-m", "bomb"]);
  git(pair.clone, ["update-ref", "refs/remotes/vm/guest/main", commit]);
  await expect(review(pair)).rejects.toMatchObject({ failures: [{ kind: "branch-too-large" }] });
});

describe("a merge", () => {
  it("uses the reviewed commit and runs no hook of the tree", async () => {
    const pair = branched((work) => {
      put({ ".hooks/post-merge": "#!/bin/sh\ntouch ran\n", ".hooks/reference-transaction": "#!/bin/sh\ntouch ran\n" })(
        work,
      );
      for (const name of readdirSync(join(work, ".hooks"))) execFileSync("chmod", ["+x", join(work, ".hooks", name)]);
    });
    git(pair.clone, ["config", "core.hooksPath", ".hooks"]);
    const result = await review(pair);
    expect(await mergeReviewed(pair, result)).toBe(result.commit);
    expect(readdirSync(pair.clone).sort()).toEqual([".git", ".hooks", "file"]);
  });

  it("stops at a conflict and keeps both sides", async () => {
    const pair = branched(put({ file: "theirs\n" }));
    writeFileSync(join(pair.clone, "file"), "ours\n");
    git(pair.clone, ["commit", "--quiet", "-a", "-m", "ours"]);
    await expect(mergeReviewed(pair, await review(pair))).rejects.toMatchObject({
      failures: [{ kind: "merge-stopped" }],
    });
    expect(readFileSync(join(pair.clone, "file"), "utf8")).toMatch(/ours\n=+\ntheirs/);
  });
});
