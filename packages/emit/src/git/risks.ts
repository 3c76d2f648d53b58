import { type Entry, modes } from "./entry.js";

/** The facts of a changed file that a rule reads, besides its entry. */
export interface Seen {
  /** The content before and after; undefined for none, and for a file that is too large to read. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly tree: Tree;
  /** True for a file that settings of the user name (`named.ts`). */
  readonly isNamed: (path: string) => boolean;
}

/** The whole tree of the branch. */
export interface Tree {
  readonly has: (path: string) => boolean;
  /** The other paths that a case-insensitive file system treats as this one. */
  readonly twinsOf: (path: string) => readonly string[];
}

/** A kind of file that runs automatically or misleads. */
export interface Risk {
  /**
   * Patterns of paths, without case. Without a slash, the name of a file in any folder; with a slash at the end, all
   * files below such a folder; `*` is any part of a name.
   */
  readonly paths?: readonly string[];
  /** The change that makes a file with such a path a risk; without it, any change does. */
  readonly changes?: (before: string | undefined, after: string | undefined) => boolean;
  /** A condition on commits. */
  readonly says?: (text: string) => boolean;
  /** A condition on files of any path. */
  readonly holds?: (entry: Entry, seen: Seen) => boolean;
  /** `changes`, `says` or `holds` in words, for the docs. */
  readonly where?: string;
  /** The program that runs, or its effect. */
  readonly runs: string;
  /** The everyday action that runs it. */
  readonly when: string;
}

/** The kinds of files and commits that a review shows. A removed file is not a risk. */
export const risks = {
  hooks: {
    paths: [".husky/", ".githooks/", ".git-hooks/", ".pre-commit-config.yaml", "lefthook.y*ml", ".lefthook.y*ml"],
    runs: "Git hooks, if you enabled them",
    when: "git commit, push, merge",
  },
  attributes: {
    paths: [".gitattributes", ".lfsconfig"],
    runs: "filters and diff programs of your Git, on the agent's files",
    when: "git checkout, diff, add",
  },
  submodule: {
    paths: [".gitmodules"],
    where: "a submodule",
    holds: ({ modes: { after } }) => after === modes.submodule,
    runs: "a clone from a URL of the agent's choice",
    when: "git submodule update, git pull",
  },
  "embedded-repository": {
    where: "a Git repository inside the tree",
    holds: ({ path, modes: { after: mode } }, { tree, after = "" }) => {
      const [, folder = "", name = ""] = /^(.*\/)?([^/]*)$/s.exec(path) ?? [];
      // The config can be elsewhere: `commondir` names it (gitrepository-layout(5)).
      if (/^head$/i.test(name) && (mode === modes.link || /^(?:ref:\s*refs\/|[0-9a-f]{40})/.test(after))) return true;
      return /^(?:config|commondir)$/i.test(name) && tree.has(`${folder}HEAD`);
    },
    runs: "programs of its `config`",
    when: "cd with a Git prompt, git status",
  },
  symlink: {
    where: "a symlink out of the tree, or into `.git`",
    holds: ({ path, modes: { after } }, { after: target }) =>
      after === modes.link && (target === undefined || leaves(path, target)),
    runs: "reads and writes of other files of yours",
    when: "edit, cp -L, tar -h, build",
  },
  "misleading-name": {
    where: "a name with control, invisible or invalid characters, or that begins with a dash",
    holds: ({ path }) => misleading.test(path) || /(?:^|\/)-/.test(path),
    runs: "escape sequences of a terminal, options of a program",
    when: "ls, rm *, an editor",
  },
  "misleading-commit": {
    where: "a commit whose message or author has control or invisible characters",
    says: (text) => misleading.test(text.replaceAll(/[\n\t]/g, "")),
    runs: "escape sequences of a terminal",
    when: "git log, git blame",
  },
  "hidden-text": {
    where: "a text with invisible characters that change its direction",
    holds: (_, { before = "", after = "" }) => turning.test(after) && !turning.test(before),
    runs: "code that differs from the text in an editor",
    when: "reading it",
  },
  "case-twin": {
    where: "two names that differ only in case or Unicode form",
    holds: ({ path }, { tree }) => tree.twinsOf(path).length > 0,
    runs: "one of the files instead of the other",
    when: "checkout on macOS, Windows or a casefold folder",
  },
  executable: {
    where: "a file that becomes executable",
    holds: ({ modes: { before, after } }) => after === modes.executable && before !== modes.executable,
    runs: "the file itself",
    when: "you or a build run it",
  },
  directory: {
    paths: [".envrc", ".env", ".autoenv", ".autoenv.zsh", "mise.toml", ".mise.toml", ".mise/", ".tool-versions"],
    runs: "direnv, autoenv or mise",
    when: "cd",
  },
  named: {
    where:
      "a file or folder that an `.envrc` of your branch, the Git config of your clone, or an `include` of a Makefile names",
    holds: ({ path }, { isNamed }) => isNamed(path),
    runs: "the file: an allowed `.envrc` stays allowed if only this file changes",
    when: "cd, git, make",
  },
  editor: {
    paths: [
      ...[".vscode/", "*.code-workspace", ".idea/", ".fleet/", ".zed/", ".helix/", ".vim/", ".nvim/", ".devcontainer/"],
      ...[".exrc", ".vimrc", ".nvimrc", ".nvim.lua", ".lvimrc", ".local.vimrc", ".dir-locals*.el", "*.sublime-project"],
      ".devcontainer.json",
    ],
    runs: "tasks and settings of VS Code, JetBrains, Zed, Vim, Emacs and others",
    when: "opening the folder",
  },
  agent: {
    paths: [
      ...["CLAUDE*.md", "AGENTS.md", "GEMINI.md", ".cursorrules", ".windsurfrules", ".clinerules", ".mcp.json"],
      ...[
        ".claude/",
        ".codex/",
        ".cursor/",
        ".gemini/",
        ".opencode/",
        ".kiro/",
        ".windsurf/",
        ".roo/",
        ".aider.conf.yml",
      ],
      ...["opencode.json", "crush.json", ".crush.json", ".github/copilot-instructions.md", ".github/instructions/"],
    ],
    runs: "hooks, servers and instructions for an agent on the host",
    when: "starting an agent in the folder",
  },
  ci: {
    paths: [
      ...[".github/workflows/", ".github/actions/", ".gitlab-ci.yml", ".gitlab/", ".circleci/", ".forgejo/", ".gitea/"],
      ...[".buildkite/", ".woodpecker/", ".woodpecker*.y*ml", ".drone.yml", ".travis.yml", "azure-pipelines*.yml"],
      ...[
        "Jenkinsfile*",
        "bitbucket-pipelines.yml",
        ".builds/",
        ".build.yml",
        "appveyor.yml",
        ".cirrus.yml",
        "action.y*ml",
      ],
    ],
    runs: "jobs with the secrets of your CI",
    when: "git push",
  },
  "npm-script": {
    paths: ["package.json", "deno.json", "deno.jsonc", "composer.json"],
    where: "with other `scripts`, `tasks` or `bin`",
    changes: (before, after) => scriptsOf(before) !== scriptsOf(after),
    runs: "scripts of packages",
    when: "npm install, npm test",
  },
  "npm-settings": {
    paths: [
      ".npmrc",
      ".yarnrc",
      ".yarnrc.yml",
      ".yarn/",
      ".pnpmfile.cjs",
      "pnpm-workspace.yaml",
      "bunfig.toml",
      "binding.gyp",
    ],
    runs: "programs and registries of the package manager",
    when: "npm install, any npm command",
  },
  python: {
    paths: [
      ...["conftest.py", "sitecustomize.py", "usercustomize.py", "*.pth", "setup.py", "setup.cfg", "pyproject.toml"],
      ...["tox.ini", "noxfile.py", "pytest.ini", "tasks.py", "fabfile.py", "dodo.py", "pip.conf", ".venv/", "venv/"],
    ],
    runs: "Python code",
    when: "pytest, pip install, starting Python",
  },
  make: {
    paths: [
      ...[
        "Makefile*",
        "GNUmakefile",
        "*.mk",
        "justfile",
        ".justfile",
        "Taskfile.y*ml",
        "Rakefile",
        "*.rake",
        "Earthfile",
      ],
      ...["CMakeLists.txt", "*.cmake", "CMakePresets.json", "meson.build", "SConstruct", "SConscript", "wscript"],
      ...["configure", "configure.ac", "autogen.sh", "build.ninja", "Vagrantfile", "Procfile", "Tiltfile"],
    ],
    runs: "build rules",
    when: "make, just, cmake",
  },
  build: {
    paths: [
      ...[
        "build.rs",
        ".cargo/",
        "rust-toolchain*",
        "gradlew*",
        "*.gradle",
        "*.gradle.kts",
        "gradle/",
        "pom.xml",
        "mvnw*",
      ],
      ...[
        ".mvn/",
        "build.sbt",
        "project/*.sbt",
        "*.bzl",
        ".bazelrc",
        ".bazeliskrc",
        "BUILD",
        "BUILD.bazel",
        "WORKSPACE*",
      ],
      ...[
        "MODULE.bazel",
        "Gemfile",
        ".bundle/",
        "*.gemspec",
        ".irbrc",
        "mix.exs",
        ".iex.exs",
        "rebar.config",
        "Setup.hs",
      ],
      ...[
        "*.csproj",
        "*.targets",
        "*.props",
        "build.zig",
        "Package.swift",
        "go.work",
        "*.nimble",
        "deps.edn",
        "project.clj",
      ],
    ],
    runs: "build scripts and plugins",
    when: "cargo build, gradle, bundle, and editors that index",
  },
  nix: {
    paths: ["*.nix", "flake.lock", ".nixpkgs/", "devenv.yaml", "devenv.lock"],
    runs: "shell hooks and builds",
    when: "nix develop, direnv",
  },
  container: {
    paths: ["Dockerfile*", "Containerfile*", "docker-compose*.y*ml", "compose*.y*ml"],
    runs: "containers that can mount your files",
    when: "docker build, docker compose up",
  },
  shell: {
    paths: [
      ".bashrc",
      ".bash_profile",
      ".profile",
      ".zshrc",
      ".zshenv",
      ".zprofile",
      ".config/",
      ".ssh/",
      ".gitconfig",
    ],
    runs: "your shell and programs",
    when: "if the folder is, or is linked to, your home folder",
  },
} satisfies Readonly<Record<string, Risk>>;

export type RiskName = keyof typeof risks;

/** Characters that a terminal executes or hides, and bytes that are not UTF-8. */
const misleading = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD]/u;

/** Unicode's direction controls, which can change the displayed order of code (CVE-2021-42574). */
const turning = /[\u202A-\u202E\u2066-\u2069]/u;

/** True for the target of a link that another file system object could move out of the tree. */
const leaves = (path: string, target: string): boolean => {
  if (target.startsWith("/")) return true;
  const steps = target.split("/").filter((step) => step !== "" && step !== ".");
  const up = steps.findIndex((step) => step !== "..");
  const ups = up === -1 ? steps.length : up;
  // `..` after a name leaves the folder to which the name may be a link.
  if (steps.slice(ups).includes("..")) return true;
  const folders = path.split("/").slice(0, -1);
  if (ups > folders.length) return true;
  return [...folders.slice(0, folders.length - ups), ...steps.slice(ups)].some((step) => /^\.git$/i.test(step));
};

/** The parts of a manifest that name programs, as text. */
const scriptsOf = (content: string | undefined): string => {
  if (content === undefined) return "";
  try {
    const { scripts, tasks, bin, gypfile } = JSON.parse(content) as Readonly<Record<string, unknown>>;
    return JSON.stringify([scripts, tasks, bin, gypfile].map((part) => part ?? null));
  } catch {
    return content;
  }
};

/** A pattern of {@link Risk.paths} as an expression. */
const expressionOf = (pattern: string): RegExp => {
  const escaped = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("*", "[^/]*");
  return new RegExp(`(?:^|/)${escaped}${pattern.endsWith("/") ? "" : "$"}`, "iu");
};

/** The risks of a commit with this author and message. */
export const risksOfCommit = (text: string): readonly RiskName[] =>
  (Object.entries(risks) as [RiskName, Risk][]).filter(([, { says }]) => says?.(text) === true).map(([name]) => name);

const compiled = (Object.entries(risks) as [RiskName, Risk][]).map(
  ([name, { paths = [], changes = () => true, holds = () => false }]) => ({
    name,
    expressions: paths.map(expressionOf),
    changes,
    holds,
  }),
);

/** The risks of a changed file. */
export const risksOf = (entry: Entry, seen: Seen): readonly RiskName[] =>
  entry.status === "D"
    ? []
    : compiled
        .filter(
          ({ expressions, changes, holds }) =>
            (expressions.some((expression) => expression.test(entry.path)) && changes(seen.before, seen.after)) ||
            holds(entry, seen),
        )
        .map(({ name }) => name);
