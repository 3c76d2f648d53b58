/** `add`, `remove`, `rename` and `move` from the command line: the config before and after, the files of the flake, and the lock. */
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { layOut, temporaryDirectory, treeOf } from "../tree.js";
import { configOf, configurationNix, type Ended, microvmEmit, parsed, project } from "./cli.js";

const hostLines = (vms: string, address: string): string => `{
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"] },
      bridges: { br0: { address: "${address}", nat: true } },${vms}
    }`;

/** Two hosts, and the VMs of the first one in another file. */
const split = {
  "configuration.nix": configurationNix,
  "microvm.config.ts": `import { defineConfig } from "microvm-emit";
import { vms } from "./vms.js";

export default defineConfig({
  hosts: {
    alpha: ${hostLines("\n      vms,", "10.0.0.1/24")},
    beta: ${hostLines("", "10.1.0.1/24")},
  },
});
`,
  "vms.ts": `/** Our VMs. */
export const vms = {
  // The database.
  db: { vcpu: 2, firewall: { allowedTCPPorts: [5432] } },
  api: { network: "none", reachVms: ["db:5432"] }, // asks the database
};
`,
};

const directoryOf = (files: Readonly<Record<string, string>>): string => {
  const dir = temporaryDirectory();
  layOut(dir, files);
  return dir;
};

const read = (dir: string, file: string): string => readFileSync(join(dir, file), "utf8");
const indexes = (dir: string, lock = "microvm.lock.json"): unknown =>
  (JSON.parse(read(dir, lock)) as { hosts: unknown }).hosts;
const succeeded = (ended: Ended): Ended => {
  expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
  return ended;
};
const diffOf = (ended: Ended): string =>
  (parsed(ended)["edited"] as readonly { readonly diff: string }[]).map(({ diff }) => diff).join("");

describe("a config with VMs in another file", () => {
  it("contains the added VM, and the flake contains the VM's file", () => {
    const dir = directoryOf(split);
    const added = succeeded(microvmEmit(dir, ["add", "web", "--host", "alpha", "--toolchain", "go,node"]));
    expect(added.stdout).toMatch(/^edited {3}vms\.ts\n/);
    expect(read(dir, "vms.ts")).toBe(
      split["vms.ts"].replace(
        "// asks the database\n",
        '// asks the database\n  web: { toolchains: ["go", "node"] },\n',
      ),
    );
    expect(read(dir, "microvm.config.ts")).toBe(split["microvm.config.ts"]);
    expect(indexes(dir)).toEqual({ alpha: { api: 0, db: 1, web: 2 }, beta: {} });
    expect(existsSync(join(dir, "flake/hosts/alpha/vms/web.nix"))).toBe(true);
  });

  it("has a new VM with a repository, in each format, and prints the next commands", () => {
    const dir = directoryOf(split);
    const url = "https://github.com/me/web.git";
    const { stdout } = succeeded(microvmEmit(dir, ["add", "web", "--host", "alpha", "--repo", url]));
    expect(read(dir, "vms.ts")).toContain('web: { workspace: { repo: "~/src/web" } },');
    expect(read(dir, "flake/hosts/alpha/vms/web.nix")).toContain('repository.clone = "~/src/web";');
    const commands = stdout.split("\n").map((line) => line.trim());
    expect(commands).toContain(`git clone ${url} ~/src/web`);
    expect(commands.slice(-3)).toEqual(["microvm-emit up web", "microvm-emit push web", ""]);
    succeeded(microvmEmit(dir, ["add", "copy", "--like", "web", "--host", "alpha"]));
    expect(read(dir, "vms.ts")).toContain('copy: { workspace: { repo: "~/src/web" } },');
    const path = succeeded(microvmEmit(dir, ["add", "own", "--host", "alpha", "--repo", "/srv/own"]));
    expect(read(dir, "vms.ts")).toContain('own: { workspace: { repo: "/srv/own" } },');
    expect(path.stdout).not.toContain("git clone");
  });

  it("keeps the index of a renamed VM, changes VMs that name it, and renames it on the host", () => {
    const dir = directoryOf(split);
    succeeded(microvmEmit(dir, []));
    const { stdout } = succeeded(microvmEmit(dir, ["rename", "db", "postgres"]));
    expect(read(dir, "vms.ts")).toBe(
      split["vms.ts"]
        .replace("db: { vcpu: 2, firewall: { allowedTCPPorts: [5432] } }", (text) =>
          text.replace("db", "postgres").replace(" } }", ' }, renamedFrom: "db" }'),
        )
        .replace("db:5432", "postgres:5432"),
    );
    expect(indexes(dir)).toMatchObject({ alpha: { api: 0, postgres: 1 } });
    expect(read(dir, "flake/hosts/alpha/vms/postgres.nix")).toContain('from = "db";');
    expect(existsSync(join(dir, "flake/hosts/alpha/vms/db.nix"))).toBe(false);
    expect(stdout).toMatch(/nixos-rebuild switch .*#alpha'? {2}# on alpha, renames db to postgres$/m);
    expect(stdout).not.toContain("beta");
  });

  it("has a moved VM in the config of its new host, with an index of that host", () => {
    const dir = directoryOf(split);
    succeeded(microvmEmit(dir, []));
    succeeded(microvmEmit(dir, ["add", "web", "--host", "alpha"]));
    const { stdout } = succeeded(microvmEmit(dir, ["move", "web", "--to", "beta"]));
    expect(read(dir, "vms.ts")).toBe(split["vms.ts"]);
    expect(read(dir, "microvm.config.ts")).toContain("vms: {\n        web: {},\n      },\n");
    expect(JSON.parse(read(dir, "microvm.lock.json"))).toMatchObject({
      hosts: { alpha: { api: 0, db: 1 }, beta: { web: 0 } },
      freed: { alpha: [{ vm: "web", index: 2 }] },
    });
    expect(existsSync(join(dir, "flake/hosts/beta/vms/web.nix"))).toBe(true);
    expect(stdout).toMatch(/on alpha, stops web\n/);
  });

  it("loses a removed VM with its comment, and reserves its index", () => {
    const dir = directoryOf(split);
    succeeded(microvmEmit(dir, []));
    writeFileSync(join(dir, "vms.ts"), split["vms.ts"].replace(', reachVms: ["db:5432"]', ""));
    const { stdout } = succeeded(microvmEmit(dir, ["remove", "db"]));
    expect(read(dir, "vms.ts")).toBe(
      '/** Our VMs. */\nexport const vms = {\n  api: { network: "none" }, // asks the database\n};\n',
    );
    expect(JSON.parse(read(dir, "microvm.lock.json"))).toMatchObject({
      hosts: { alpha: { api: 0 } },
      freed: { alpha: [{ vm: "db", index: 1 }] },
    });
    expect(stdout).toContain("stops db");
  });
});

it("add writes YAML beside comments and anchors", () => {
  const yaml = `# The team's hosts.
hosts:
  alpha:
    stateVersion: "25.11"
    modules: [./configuration.nix]
    user: &alice
      name: alice
      sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"]
    bridges: { br0: { address: 10.0.0.1/24, nat: true } }
    vms:
      # Small.
      first: &small { vcpu: 2 }
      second: *small
  beta:
    stateVersion: "25.11"
    modules: [./configuration.nix]
    user: *alice
`;
  const dir = directoryOf({ "microvm.config.yaml": yaml, "configuration.nix": configurationNix });
  succeeded(microvmEmit(dir, ["add", "third", "--agent", "codex", "--host", "alpha"]));
  expect(read(dir, "microvm.config.yaml")).toBe(
    yaml.replace("second: *small\n", "second: *small\n      third: { agent: codex }\n"),
  );
  expect(indexes(dir, "microvm.config.yaml.lock.json")).toEqual({ alpha: { first: 0, second: 1, third: 2 }, beta: {} });
});

it("add writes JSON and keeps the rest byte for byte", () => {
  const json = `${JSON.stringify(configOf("a"), undefined, 4)}\n`;
  const dir = directoryOf({ "microvm.config.json": json, "configuration.nix": configurationNix });
  succeeded(microvmEmit(dir, ["add", "b", "--like", "a"]));
  expect(read(dir, "microvm.config.json")).toBe(json.replace(/"a": \{\}/, '"a": {},\n                "b": {}'));
});

describe("allow", () => {
  const file = (vms: string): string => `import { defineConfig, extend, replace } from "microvm-emit";

const base = { network: "allowlist", allow: ["github"] } as const;
const shared = ["npm"];

export default defineConfig({
  hosts: {
    alpha: ${hostLines(vms, "10.0.0.1/24")},
  },
});
`;
  /** The VMs of a config after the address was allowed to one of them. */
  const allowed = (vm: string, vms: string): string => {
    const dir = directoryOf({ "microvm.config.ts": file(vms), "configuration.nix": configurationNix });
    const { stderr, ...ended } = microvmEmit(dir, ["allow", vm, "10.1.2.3:5432"]);
    // No such host answers; the config is edited all the same.
    expect(stderr).toContain("error[host-unreachable]");
    expect(ended.exitCode).toBe(2);
    expect(ended.stdout).toMatch(/^not open on alpha before its next switch\nedited {3}microvm\.config\.ts\nwritten /);
    expect(read(dir, "flake/hosts/alpha/vms/a.nix")).toContain("10.1.2.3");
    return read(dir, "microvm.config.ts");
  };
  const lists = [
    [
      'a: { allow: ["npm"], network: "allowlist" }, // x',
      'a: { allow: ["npm", "10.1.2.3:5432"], network: "allowlist" }, // x',
    ],
    ["a: {},", 'a: { allow: ["10.1.2.3:5432"] },'],
    ["a: { allow: [] },", 'a: { allow: ["10.1.2.3:5432"] },'],
    [
      'a: { allow: [\n  // one\n  "npm", // two\n  ], network: "allowlist" },',
      'a: { allow: [\n  // one\n  "npm", // two\n  "10.1.2.3:5432",\n  ], network: "allowlist" },',
    ],
    ["a: { ...base, vcpu: 2 },", 'a: { ...base, vcpu: 2, allow: ["github", "10.1.2.3:5432"] },'],
    ["a: base,", 'a: extend(base, { allow: ["10.1.2.3:5432"] }),'],
    ["a: { ...base, allow: shared },", 'a: { ...base, allow: ["npm", "10.1.2.3:5432"] },'],
    ['a: { ...base, allow: replace(["npm"]) },', 'a: { ...base, allow: replace(["npm", "10.1.2.3:5432"]) },'],
  ] as const;

  it.each(lists)("adds an entry to %s", (before, after) => {
    const [vms, edited] = [before, after].map((text) => `\n      vms: { ${text}\n        b: base },`);
    expect(allowed("a", vms ?? "")).toBe(file(edited ?? ""));
  });

  it("changes nothing in a config that has the entry", () => {
    const text = file('\n      vms: { a: { ...base, allow: ["npm"] } },');
    const dir = directoryOf({ "microvm.config.ts": text, "configuration.nix": configurationNix });
    microvmEmit(dir, ["allow", "a", "npm"]);
    expect(read(dir, "microvm.config.ts")).toBe(text);
  });

  it.each([
    ["https://registry.npmjs.org/x", "usage", 'Write "registry.npmjs.org".'],
    ["a.example; flush ruleset", "usage", "Write a destination"],
    ["$(id)", "usage", "Write a destination"],
    ["a.example\u001b[2J", "usage", "Write a destination"],
    ["10.0.0.1", "allow-of-host", "reachHost"],
    ["example.org", "allow-ignored", ""],
  ])("refuses %j and writes nothing", (destination, code, remedy) => {
    const dir = directoryOf({
      "microvm.config.ts": file("\n      vms: { a: {}, b: base },"),
      "configuration.nix": configurationNix,
    });
    const before = treeOf(dir);
    const ended = microvmEmit(dir, ["allow", "a", destination, "--json"]);
    expect(JSON.stringify(parsed(ended)["problems"])).toContain(`"code":"${code}"`);
    expect(JSON.stringify(parsed(ended)["problems"])).toContain(JSON.stringify(remedy).slice(1, -1));
    if (code !== "allow-ignored") {
      expect(ended.exitCode).not.toBe(0);
      expect(treeOf(dir)).toEqual(before);
    }
  });

  it.each(["1w", "100", "-1", "31d", "1h30m", ""])("refuses --for %j", (time) => {
    const ended = microvmEmit(directoryOf(split), ["allow", "api", "example.org", `--for=${time}`]);
    expect([ended.exitCode, ended.stderr]).toEqual([2, expect.stringContaining("Write a time such as 30m or 1h")]);
  });
});

it("a dry run shows the change and writes nothing", () => {
  const dir = directoryOf(split);
  succeeded(microvmEmit(dir, []));
  const before = treeOf(dir);
  const { stdout } = succeeded(microvmEmit(dir, ["add", "web", "--host", "alpha", "--dry-run"]));
  expect(stdout).toBe(`--- vms.ts
+++ vms.ts
@@ -3,4 +3,5 @@
   // The database.
   db: { vcpu: 2, firewall: { allowedTCPPorts: [5432] } },
   api: { network: "none", reachVms: ["db:5432"] }, // asks the database
+  web: {},
 };
`);
  const ended = microvmEmit(dir, ["add", "web", "--host", "alpha", "--dry-run", "--json"]);
  expect(`--- vms.ts\n+++ vms.ts\n${diffOf(ended)}\n`).toBe(stdout);
  expect(parsed(ended)).toMatchObject({ ok: true, dryRun: true, leftOut: [], problems: [] });
  expect(treeOf(dir)).toEqual(before);
});

describe("nothing is written", () => {
  const unchanged = (dir: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Ended => {
    const before = treeOf(dir);
    const ended = microvmEmit(dir, args, env);
    expect(ended.exitCode).not.toBe(0);
    expect(treeOf(dir)).toEqual(before);
    return ended;
  };

  it.each([
    ["the VM exists", ["add", "a"], "a VM a already"],
    ["no VM has the name", ["remove", "aa"], 'Unknown VM "aa"'],
    ["the name is no host name", ["add", "a_b"], "a_b"],
    ["the name would leave the folder", ["add", "../../x"], "../../x"],
    ["the new name is taken", ["rename", "a", "b"], "a VM b already"],
    ["no host has the name", ["move", "a", "--to", "omega"], "omega"],
    ["the agent is unknown", ["add", "c", "--agent", "claud"], "claud"],
    ["the repository is a program for git", ["add", "c", "--repo", "ext::sh -c id"], "--repo"],
    ["the repository is an option for git", ["add", "c", "--repo=--upload-pack=id"], "--repo"],
    ["the repository has a password", ["add", "c", "--repo", "https://me:secret@example.org/x"], "--repo"],
  ])("when %s", (_, args, message) => {
    const dir = project("a", "b");
    succeeded(microvmEmit(dir, []));
    expect(unchanged(dir, args).stderr).toContain(message);
  });

  it("when the edited config has a problem", () => {
    const dir = directoryOf(split);
    succeeded(microvmEmit(dir, []));
    const { stderr } = unchanged(dir, ["remove", "db"]);
    expect(stderr).toContain("There is no VM db on this host");
    expect(stderr).toContain("edit-not-made");
  });

  it("when a file of the flake was edited by hand", () => {
    const dir = project("a");
    succeeded(microvmEmit(dir, []));
    writeFileSync(join(dir, "flake/hosts/alpha/vms/a.nix"), "{ }\n");
    expect(unchanged(dir, ["remove", "a"]).stderr).toContain("hosts/alpha/vms/a.nix: edited by hand");
  });

  it("when the config is a symlink out of the repository", () => {
    const dir = project("a");
    const elsewhere = directoryOf({ "microvm.config.ts": read(dir, "microvm.config.ts") });
    const linked = directoryOf({ "configuration.nix": configurationNix });
    mkdirSync(join(linked, ".git"));
    symlinkSync(join(elsewhere, "microvm.config.ts"), join(linked, "microvm.config.ts"));
    const before = read(elsewhere, "microvm.config.ts");
    expect(unchanged(linked, ["add", "b"]).stderr).toContain("symbolic link");
    expect(read(elsewhere, "microvm.config.ts")).toBe(before);
  });

  it.skipIf(process.getuid?.() === 0)("when the config is read-only", () => {
    const dir = project("a");
    chmodSync(join(dir, "microvm.config.ts"), 0o444);
    expect(unchanged(dir, ["add", "b"]).stderr).toContain("microvm.config.ts");
  });

  it("when code computes the VMs, and the report has the text to add", () => {
    const dir = project("a");
    const source = read(dir, "microvm.config.ts").replace(/"vms": \{\s*"a": \{\}\s*\}/, (text) =>
      text.replace(/\{[^]*\}/, 'Object.fromEntries(["a", "b"].map((name) => [name, {}]))'),
    );
    writeFileSync(join(dir, "microvm.config.ts"), source);
    const { stderr } = unchanged(dir, ["add", "c", "--toolchain", "go"]);
    expect(stderr).toContain("config-not-editable");
    expect(stderr).toContain('c: { toolchains: ["go"] }');
  });
});

describe("warnings after an edit", () => {
  const host = (address: string, vms: object): object => ({
    stateVersion: "25.11",
    modules: ["./configuration.nix"],
    user: { name: "alice", sshKeys: [] },
    bridges: { br0: { address, nat: true } },
    vms,
  });
  const dirWith = (): string =>
    directoryOf({
      "configuration.nix": configurationNix,
      "microvm.config.json": JSON.stringify({
        hosts: { alpha: host("10.0.0.1/24", { db: {}, api: {} }), beta: host("10.1.0.1/24", { web: {} }) },
      }),
    });

  it.each([
    ["rename", ["rename", "db", "store"]],
    ["remove", ["remove", "api"]],
    ["move", ["move", "db", "--to", "beta"]],
  ])("of %s are only counted if the config had them before", (_, args) => {
    const dir = dirWith();
    const { problems } = parsed(microvmEmit(dir, ["plan", "--json"]));
    expect(problems.map(({ code }) => code)).toContain("no-login");
    const dry = succeeded(microvmEmit(dir, [...args, "--dry-run"]));
    expect(succeeded(microvmEmit(dir, args)).stdout).toContain("2 other warnings: microvm-emit check\n");
    expect(dry.stdout).toContain("2 other warnings: microvm-emit check\n");
  });

  it("are reported if the edit caused them", () => {
    const { exitCode, problems, otherWarnings } = parsed(
      microvmEmit(dirWith(), ["add", "new", "--host", "alpha", "--agent", "none", "--json"]),
    );
    expect([exitCode, problems.map(({ code, message }) => [code, message]), otherWarnings]).toEqual([
      0,
      [["no-login", "No SSH key for api, db, new"]],
      1,
    ]);
  });
});
