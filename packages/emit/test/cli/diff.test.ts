/** `microvm-emit diff` in real git repositories: the changes since a commit, and their exit codes. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { layOut, temporaryDirectory, treeOf } from "../tree.js";
import { configurationNix, microvmEmit, parsed } from "./cli.js";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice";

/** A team's host with 25 VMs: `vms` is source of TypeScript. */
const source = (
  vms: string,
  worker = "{}",
): string => `const names = Array.from({ length: 20 }, (_, position) => \`worker\${position + 1}\`);

export default {
  hosts: {
    alpha: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: { name: "alice", sshKeys: ["${key}"] },
      bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } },
      vms: {
        ...Object.fromEntries(names.map((name, index) => [name, { index, ...${worker} }])),
        ${vms}
      },
    },
  },
};
`;

const before = source(`api: { index: 20, network: "allowlist", allow: ["example.org"], packages: ["git"] },
        db: { index: 21, firewall: { allowedTCPPorts: [5432] } },
        legacy: { index: 22, network: "none" },
        site: { index: 23 },
        ci: { index: 24, restartIfChanged: true, toolchains: ["go"] },`);

const after = source(
  `api: {
          index: 20, network: "allowlist", allow: ["github.com:443"], reachVms: ["db:5432"],
          memoryMiB: 8192, packages: ["git", "jq"],
        },
        db: { index: 21, firewall: { allowedTCPPorts: [5432] } },
        scraper: { index: 25, reachHost: [8080], shares: [{ tag: "data", source: "/srv/data" }] },
        web: { index: 23, renamedFrom: "site" },
        ci: { index: 24, restartIfChanged: true, toolchains: ["go", "rust"] },`,
  `{ vcpu: 2 }`,
);

const git = (dir: string, ...args: readonly string[]): string => {
  const own = ["-c", "user.name=Alice", "-c", "user.email=alice@example.org", "-c", "commit.gpgsign=false"];
  const { status, stdout, stderr } = spawnSync("git", ["-C", dir, ...own, ...args], { encoding: "utf8" });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return stdout.trim();
};

/** A repository with a config and its flake, committed. */
const committed = (config: string, more: Readonly<Record<string, string>> = {}): string => {
  const dir = temporaryDirectory();
  layOut(dir, { "microvm.config.ts": config, "configuration.nix": configurationNix, ...more });
  expect(microvmEmit(dir, [])).toMatchObject({ exitCode: 0 });
  git(dir, "init", "-q", "-b", "main");
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "one");
  return dir;
};

const change = (dir: string, config: string): void => {
  writeFileSync(join(dir, "microvm.config.ts"), config);
};

it("prints the changes of each VM", () => {
  const dir = committed(before);
  const commit = git(dir, "rev-parse", "HEAD").slice(0, 12);
  change(dir, after);
  const { exitCode, stdout } = microvmEmit(dir, ["diff"]);
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`changes since HEAD (${commit})

More access: api, scraper
Less access: api, legacy

alpha: 1 new, 1 gone, 1 renamed, 22 changed, 1 unchanged
  ~ api
      reaches     + github.com:443, VM db:5432
                  - example.org
      memory      4096 MiB → 8192 MiB
      packages    + jq
      guest       rebuilt
  ~ ci
      toolchains  + rust
      guest       rebuilt
  - legacy 10.0.0.24
      shares      - /home/alice/microvm/legacy (writable)
      logins      - alice with the key ssh-ed25519 …YzQ4ZTkx alice
  + scraper 10.0.0.27
      reaches     + the internet, the host's tcp 8080
      route out   + nat through eno1
      shares      + /home/alice/microvm/scraper (writable), /srv/data (writable)
      logins      + alice with the key ssh-ed25519 …YzQ4ZTkx alice
  > web renamed from site
  ~ worker1, worker2, worker3, worker4, worker5, worker6, worker7, worker8, worker9, worker10,
    worker11, worker12, worker13, worker14, worker15, worker16, worker17, worker18, worker19,
    worker20
      vcpu        8 → 2

Hosts to switch: alpha
Rebuilt guests: api, ci
Restarted by the switch: ci
Stale until you restart them: api, worker1, worker2, worker3, worker4, worker5, worker6, worker7,
  worker8, worker9, worker10, worker11, worker12, worker13, worker14, worker15, worker16, worker17,
  worker18, worker19, worker20
Stopped by the switch: legacy, site

The flake on disk is not current. Run microvm-emit.
`);
});

it("writes a comment for a pull request", () => {
  const dir = committed(before);
  git(dir, "checkout", "-q", "-b", "topic");
  change(dir, after);
  const { stdout } = microvmEmit(dir, ["diff", "main", "--format", "markdown"]);
  const workers = Array.from({ length: 20 }, (_, position) => `\`worker${String(position + 1)}\``).join(", ");
  expect(stdout).toBe(`### MicroVMs: changes since \`main\`

> [!CAUTION]
> **More access**: \`api\`, \`scraper\`

**Less access**: \`api\`, \`legacy\`

**\`alpha\`**: 1 new, 1 gone, 1 renamed, 22 changed, 1 unchanged

| VM | aspect | added | removed |
| --- | --- | --- | --- |
| \`api\` | **reaches** | **\`github.com:443\`, \`VM db:5432\`** | \`example.org\` |
|  | memory | \`8192 MiB\` | \`4096 MiB\` |
|  | packages | \`jq\` |  |
|  | guest | \`rebuilt\` |  |
| \`ci\` | toolchains | \`rust\` |  |
|  | guest | \`rebuilt\` |  |
| \`legacy\` (gone) | shares |  | \`/home/alice/microvm/legacy (writable)\` |
|  | logins |  | \`alice with the key ssh-ed25519 …YzQ4ZTkx alice\` |
| \`scraper\` (new) | **reaches** | **\`the internet\`, \`the host's tcp 8080\`** |  |
|  | **route out** | **\`nat through eno1\`** |  |
|  | **shares** | **\`/home/alice/microvm/scraper (writable)\`, \`/srv/data (writable)\`** |  |
|  | **logins** | **\`alice with the key ssh-ed25519 …YzQ4ZTkx alice\`** |  |
| \`web\` (renamed from \`site\`) | | | |
| ${workers} | vcpu | \`2\` | \`8\` |

- Hosts to switch: \`alpha\`
- Rebuilt guests: \`api\`, \`ci\`
- Restarted by the switch: \`ci\`
- Stale until you restart them: \`api\`, ${workers}
- Stopped by the switch: \`legacy\`, \`site\`
- The flake is not current: run \`microvm-emit\`.
`);
});

it("prints the same as JSON", () => {
  const dir = committed(before);
  change(dir, after);
  const json = parsed(microvmEmit(dir, ["diff", "--json"]));
  expect(json).toMatchObject({
    ok: true,
    since: { ref: "HEAD", commit: git(dir, "rev-parse", "HEAD") },
    flake: [],
    switch: ["alpha"],
    otherFiles: [],
    isCurrent: false,
  });
  const [host] = json["hosts"] as readonly { readonly vms: readonly object[] }[];
  expect(host?.vms[0]).toMatchObject({
    vm: "api",
    change: "changed",
    access: "more and less",
    isRebuilt: true,
    running: "stale",
    changes: [
      {
        aspect: "reaches",
        isAccess: true,
        gained: ["github.com:443", "VM db:5432"],
        lost: ["example.org"],
        applies: "connections",
      },
      { aspect: "memory", isAccess: false, gained: ["8192 MiB"], lost: ["4096 MiB"], applies: "restart" },
      { aspect: "packages" },
    ],
  });
});

it("asks to stop the VMs of a host that left the config, because no switch stops them", () => {
  const spare = `spare: { stateVersion: "25.11", user: { name: "alice", sshKeys: [] }, bridges: { br9: { address: "10.9.0.1/24" } }, vms: { old: {} } }`;
  const dir = committed(before.replace("hosts: {", `hosts: { ${spare},`));
  change(dir, before);
  expect(microvmEmit(dir, ["diff"]).stdout).toContain("Stop by hand: old\n");
});

it("has an exit code for no change, for changes, and for more access", () => {
  const dir = committed(before);
  const exitCode = (...args: readonly string[]): number | null =>
    microvmEmit(dir, ["diff", "--exit-code", ...args]).exitCode;
  expect(exitCode()).toBe(0);
  change(dir, before.replace('["git"]', '["jq"]'));
  expect(exitCode()).toBe(3);
  change(dir, before.replace('network: "none"', 'network: "internet"'));
  expect(exitCode()).toBe(4);
  expect(exitCode("--json")).toBe(4);
  expect(microvmEmit(dir, ["diff"]).exitCode).toBe(0);
  change(dir, before);
  writeFileSync(join(dir, "configuration.nix"), "{ }\n");
  expect(exitCode()).toBe(3);
  expect(microvmEmit(dir, ["diff"]).stdout).toContain("whose effect is unknown: configuration.nix");
});

it("checks that the flake is current, and writes nothing", () => {
  const dir = committed(before);
  for (const args of [["--check"], ["diff", "--check"]])
    expect(microvmEmit(dir, args)).toMatchObject({ exitCode: 0, stdout: "flake is current.\n" });
  change(dir, before.replace('["git"]', '["jq"]'));
  writeFileSync(join(dir, "flake/hosts/alpha/vms/db.nix"), "{ }\n");
  const tree = treeOf(dir);
  for (const args of [["--check"], ["diff", "--check"]]) {
    const { exitCode, stderr } = microvmEmit(dir, args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`error[output-stale] flake
  The flake is not current: a run would change files.
    .microvm-emit.sha256
    hosts/alpha/vms/api.nix
    hosts/alpha/vms/db.nix
`);
  }
  expect(treeOf(dir)).toEqual(tree);
});

it("reads a commit with its lock and imports, and the packages installed now", () => {
  const shared = `export const network = "none";\n`;
  const own = before
    .replace("const names", `import { network } from "./shared.ts";\nimport { packages } from "kit";\n\nconst names`)
    .replace('network: "none"', "network, packages")
    .replace("index: 22, ", "");
  const dir = temporaryDirectory();
  layOut(dir, {
    "hosts/microvm.config.ts": own,
    "hosts/configuration.nix": configurationNix,
    "hosts/shared.ts": shared,
    "node_modules/kit/index.js": `export const packages = ["git"];\n`,
    "node_modules/kit/package.json": `{ "name": "kit", "type": "module", "main": "index.js" }\n`,
    ".gitignore": "node_modules\n",
  });
  expect(microvmEmit(join(dir, "hosts"), []).stderr).toBe("");
  git(dir, "init", "-q");
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "one");
  writeFileSync(join(dir, "hosts/shared.ts"), shared.replace("none", "internet"));
  const { stdout, stderr, exitCode } = microvmEmit(join(dir, "hosts"), ["diff"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("  ~ legacy\n      reaches    + the internet\n");
});

it("does not report the folder of a checkout as a change", () => {
  const config = before
    .replace("export default {", "export default ({ configDir }) => ({")
    .replace(/\};\n$/, "});\n")
    .replace('network: "none"', 'network: "none", shares: [{ tag: "x", source: `${configDir}/x` }]');
  const dir = committed(config);
  expect(microvmEmit(dir, ["diff"]).stdout).toContain("No VM and no host changes.");
});

it("reports every VM as new if the commit has no config", () => {
  const dir = temporaryDirectory();
  layOut(dir, { "configuration.nix": configurationNix });
  git(dir, "init", "-q");
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "one");
  change(dir, before);
  expect(microvmEmit(dir, ["diff"]).stdout).toContain("alpha: new host, 25 new\n");
});

it("reports why it cannot compare", () => {
  const dir = temporaryDirectory();
  layOut(dir, { "microvm.config.ts": before, "configuration.nix": configurationNix });
  const codeOf = (...args: readonly string[]): string | undefined =>
    parsed(microvmEmit(dir, ["diff", "--json", ...args])).problems[0]?.code;
  expect(codeOf()).toBe("not-in-git");
  git(dir, "init", "-q");
  expect(codeOf()).toBe("revision-unknown");
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "one");
  expect(codeOf("nowhere")).toBe("revision-unknown");
  expect(codeOf("--", "--output=x")).toBe("revision-unknown");
  change(dir, "export default { hosts: { alpha: {} } };\n");
  git(dir, "commit", "-q", "-a", "-m", "two");
  change(dir, before);
  const { exitCode, stderr } = microvmEmit(dir, ["diff"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("The config of HEAD cannot be planned.");
  expect(stderr).toContain("hosts.alpha.stateVersion");
  change(dir, "throw new Error(import.meta.url);\n");
  git(dir, "commit", "-q", "-a", "-m", "three");
  change(dir, before);
  expect(microvmEmit(dir, ["diff"]).stderr).toContain(join(dir, "microvm.config.ts"));
});

it("leaves no files behind, and runs no hook or filter of the repository", () => {
  const dir = committed(before, { ".gitattributes": "*.nix filter=watch export-ignore\n" });
  for (const hook of ["post-checkout", "post-index-change"]) {
    writeFileSync(join(dir, ".git/hooks", hook), `#!/bin/sh\ntouch '${dir}/ran'\n`);
    chmodSync(join(dir, ".git/hooks", hook), 0o755);
  }
  for (const side of ["clean", "smudge"]) git(dir, "config", `filter.watch.${side}`, `touch '${dir}/ran'; cat`);
  symlinkSync("/etc", join(dir, "link"));
  git(dir, "add", "link");
  git(dir, "commit", "-q", "-m", "two");
  spawnSync("rm", ["-f", join(dir, "ran")]);
  const folder = join(temporaryDirectory(), "tmp");
  mkdirSync(folder);
  expect(microvmEmit(dir, ["diff"], { TMPDIR: folder })).toMatchObject({ exitCode: 0 });
  expect(readdirSync(folder)).toEqual([]);
  expect(existsSync(join(dir, "ran"))).toBe(false);
  expect(tmpdir()).not.toBe(folder);
});

it("rejects a name that is both a VM and a branch", () => {
  const dir = committed(before);
  git(dir, "branch", "db");
  const problems = (name: string): unknown => parsed(microvmEmit(dir, ["diff", name, "--json"]));
  expect(problems("db")).toMatchObject({
    problems: [{ code: "usage", remedy: expect.stringContaining("diff refs/heads/db") as unknown }],
  });
  expect(problems("refs/heads/db")).toMatchObject({ ok: true, problems: [] });
  // Nothing is deployed here, and the workspace is a folder.
  expect(problems("api")).toMatchObject({
    ok: false,
    problems: [{ code: expect.not.stringContaining("usage") as unknown }],
  });
});
