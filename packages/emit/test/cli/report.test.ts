import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import Ajv from "ajv-draft-04";
import addFormats from "ajv-formats";
import type { Log } from "sarif";
import { describe, expect, it } from "vitest";
import { layOut, temporaryDirectory } from "../tree.js";
import { bin, configurationNix, type Ended, environment, microvmEmit, parsed } from "./cli.js";
import { nixes } from "../../../../test/nix/harness.js";
import { nixEnvironment, overrides } from "./offline-nix.js";

const config = "microvm.config.ts";

/** A config whose lines the tests refer to. */
const source = (vms: string, more = ""): string => `import { defineConfig } from "microvm-emit";

export default defineConfig({
  hosts: {
    alpha: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: { name: "alice" },
      bridges: { br0: { address: "10.0.0.1/24" } },
      vms: {
${vms}
      },
      ${more}
    },
  },
});
`;

const project = (vms: string, more = ""): string => {
  const dir = temporaryDirectory();
  layOut(dir, { [config]: source(vms, more), "configuration.nix": configurationNix });
  return dir;
};

const clash = `        b: { interfaces: [{ address: "10.0.0.9" }], vcpu: 0 },
        a: { interfaces: [{ address: "10.0.0.9" }] },`;

describe("the report for people", () => {
  it("is in source order, by host and VM, with related places and a count", () => {
    const { stderr } = microvmEmit(project(clash), [config]);
    expect(stderr).toBe(`Host alpha:

warning[no-login] hosts.alpha.user.sshKeys
  --> microvm.config.ts:8:7
  8 |       user: { name: "alice" },
    |       ^
  No SSH key for a, b
  help: Add your public key to \`user.sshKeys\`, or add a module that sets one.

VM b of host alpha:

error[duplicate-address] hosts.alpha.vms.b.interfaces[0].address
  --> microvm.config.ts:11:29
  11 |         b: { interfaces: [{ address: "10.0.0.9" }], vcpu: 0 },
     |                             ^
  The address 10.0.0.9 is used twice
  see: hosts.alpha.vms.a.interfaces[0].address (microvm.config.ts:12:29) first used here
  help: Set another address, or remove it to get a free one.

error[bad-value] hosts.alpha.vms.b.vcpu
  --> microvm.config.ts:11:53
  11 |         b: { interfaces: [{ address: "10.0.0.9" }], vcpu: 0 },
     |                                                     ^
  0 is out of range
  help: Use at least 1.

2 errors, 1 warning
`);
  });

  it("begins with problems of no host", () => {
    const dir = project("        a: { vcpu: 0 },");
    const text = readFileSync(join(dir, config), "utf8").replace("  hosts: {", `  descripton: "d",\n  hosts: {`);
    writeFileSync(join(dir, config), text);
    const { stderr } = microvmEmit(dir, [config]);
    expect(stderr).toMatch(/^error\[unknown-key\] descripton\n/);
    expect(stderr.indexOf("Host alpha:")).toBeGreaterThan(0);
  });

  it("counts silenced warnings", () => {
    const dir = project("        a: {},", `silence: { "no-login": "keys come later" },`);
    expect(microvmEmit(dir, [config])).toMatchObject({ exitCode: 0, stderr: "1 warning silenced\n" });
  });
});

describe("a problem that several places have", () => {
  const vms = (setting: string): string => ["a", "b", "c"].map((name) => `        ${name}: { ${setting} },`).join("\n");
  const key = '"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"';

  /** The VMs or hosts, and paths, that a run reports for each code. */
  const reported = (text: string): readonly (readonly unknown[])[] => {
    const dir = temporaryDirectory();
    const withKey = text.replace('user: { name: "alice" }', `user: { name: "alice", sshKeys: [${key}] }`);
    layOut(dir, { [config]: withKey, "configuration.nix": configurationNix });
    const { problems } = parsed(microvmEmit(dir, [config, "--json"]));
    const { stderr } = microvmEmit(dir, [config]);
    for (const { message, details = [] } of problems) {
      expect(stderr.split(message).length).toBe(2);
      for (const line of details) expect(stderr).toContain(`\n    ${line}\n`);
    }
    return problems.map(({ code, subject, details, related = [] }) => [
      code,
      subject,
      ...(details ?? []),
      ...related.map((other) => other.subject),
    ]);
  };

  const host = "hosts.alpha";
  const ofAll = (rest: string): readonly string[] => ["a", "b", "c"].map((vm) => `${host}.vms.${vm}${rest}`);

  it("is reported once when it comes from vmDefaults", () => {
    expect(reported(source(vms(""), "vmDefaults: { vsock: false },"))).toEqual([
      ["no-readiness", `${host}.vmDefaults.vsock`, "VMs a, b, c", ...ofAll(".vsock")],
    ]);
  });

  it("is reported once when each VM has the same warning", () => {
    const macvtap = 'network: "open", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }]';
    const [first, ...others] = ofAll(".interfaces[0].type");
    expect(reported(source(vms(macvtap)))).toEqual([["macvtap-without-host", first, "VMs a, b, c", ...others]]);
  });

  it("is reported for each place that needs a correction", () => {
    expect(reported(source(["a", "b"].map((name) => `        ${name}: { vcpu: "${name}" },`).join("\n")))).toEqual([
      ["wrong-type", `${host}.vms.a.vcpu`],
      ["wrong-type", `${host}.vms.b.vcpu`],
    ]);
  });

  it("is reported once when a function makes VMs or hosts", () => {
    const [first, ...others] = ofAll(".vcpus");
    expect(
      reported(source("        ...Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { vcpus: 2 }])),")),
    ).toEqual([["unknown-key", first, "VMs a, b, c", ...others]]);
    const hosts = `const host = (address: string) => ({
  stateVersion: "25.11", user: { name: "alice" }, brdges: { br0: { address } },
  vms: { a: { interfaces: [{ bridge: "br0" }] }, b: { reachVms: ["a"] } },
});
export default { hosts: { x: host("10.0.0.1/24"), y: host("10.0.1.1/24") } };
`;
    expect(reported(hosts)).toEqual([["unknown-key", "hosts.x.brdges", "hosts x, y", "hosts.y.brdges"]]);
  });
});

describe("a report of long lines and many problems", () => {
  const many = (count: number, vm: object): string =>
    JSON.stringify({
      hosts: {
        alpha: {
          stateVersion: "25.11",
          user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA"] },
          bridges: { br0: { address: "10.0.0.1/16" } },
          vms: Object.fromEntries(Array.from({ length: count }, (_, index) => [`vm${String(index)}`, vm])),
        },
      },
    });
  const long = "x".repeat(100_000);
  const files: Record<string, string> = {
    "line.json": many(300, { vcpu: "many" }),
    "line.yaml": many(300, { vcpu: "many" }),
    "long.json": many(3, { vcpu: long, [long]: 1, workspace: long, reachVms: [long], environment: { [long]: "" } }),
    "wide.json": many(20, { vcpu: "😀".repeat(200) }),
  };

  it.each(Object.keys(files))("has at most 2 KB per problem, with the caret below the fault: %s", (name) => {
    const dir = temporaryDirectory();
    layOut(dir, files);
    const [json, sarif, human] = ["json", "sarif", "human"].map((format) =>
      microvmEmit(dir, [name, "--format", format]),
    );
    const { length } = json === undefined ? [] : parsed(json).problems;
    expect(length).toBeGreaterThan(0);
    expect([json, sarif, human].map((ended) => ended?.exitCode)).toEqual([1, 1, 1]);
    expect(json?.stdout.length).toBeLessThanOrEqual(2000 * length);
    expect(sarif?.stdout.length).toBeLessThanOrEqual(20_000 + 2000 * length);
    const lines = human?.stderr.split("\n") ?? [];
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(900);
    const marks = lines.flatMap((line, at) => (/^ +\| +\^$/.test(line) ? [at] : []));
    expect(marks.length).toBeGreaterThan(0);
    for (const at of marks) expect(lines[at - 1]?.slice(lines[at]?.indexOf("^"))).toMatch(/^"/);
  });
});

describe("--format json", () => {
  it("prints the same as --json", () => {
    const dir = project(clash);
    expect(microvmEmit(dir, [config, "--format", "json"])).toEqual(microvmEmit(dir, [config, "--json"]));
    expect(microvmEmit(dir, [config, "--format=json"])).toEqual(microvmEmit(dir, [config, "--json"]));
  });

  it("prints every property of a problem", () => {
    const dir = project(clash);
    const file = join(dir, config);
    const place = (line: number) => ({ file, line, column: 29, lineText: clash.split("\n")[line - 11] });
    expect(parsed(microvmEmit(dir, [config, "--json"])).problems).toContainEqual({
      code: "duplicate-address",
      severity: "error",
      subject: "hosts.alpha.vms.b.interfaces[0].address",
      path: ["hosts", "alpha", "vms", "b", "interfaces", 0, "address"],
      place: place(11),
      message: "The address 10.0.0.9 is used twice",
      remedy: "Set another address, or remove it to get a free one.",
      related: [
        {
          subject: "hosts.alpha.vms.a.interfaces[0].address",
          path: ["hosts", "alpha", "vms", "a", "interfaces", 0, "address"],
          note: "first used here",
          place: place(12),
        },
      ],
    });
  });

  it("prints silenced warnings with their reasons", () => {
    const dir = project("        a: {},", `silence: { "no-login": "keys come later" },`);
    expect(parsed(microvmEmit(dir, [config, "--json"]))).toMatchObject({
      ok: true,
      problems: [],
      silenced: [{ code: "no-login", reason: "keys come later", place: { line: 8 } }],
    });
  });
});

const validate = (() => {
  const schema = createRequire(import.meta.url)("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json") as object;
  const ajv = new Ajv.default({ strict: false, unicodeRegExp: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
})();

/** The SARIF log of a run, validated against the standard's schema. */
const sarif = ({ stdout, stderr }: Ended): Log => {
  expect(stderr).toBe("");
  const log = JSON.parse(stdout) as Log;
  validate(log);
  expect(validate.errors ?? []).toEqual([]);
  return log;
};

describe("--format sarif", () => {
  it("is validated by a schema that rejects invalid logs", () => {
    expect(validate({ version: "2.1.0", runs: [{ tool: {} }] })).toBe(false);
  });

  it("has a result for every problem, with rule, places and help", () => {
    const dir = project(clash);
    const ended = microvmEmit(dir, [config, "--format", "sarif"]);
    expect(ended.exitCode).toBe(1);
    const [run] = sarif(ended).runs;
    const rules = run?.tool.driver.rules ?? [];
    expect(rules.map(({ id }) => id)).toEqual(["bad-value", "duplicate-address", "no-login"]);
    for (const { id, helpUri, help, shortDescription } of rules) {
      expect(helpUri).toMatch(new RegExp(`^https://.*/problems/${id}\\.md$`));
      expect(help?.markdown).toContain("## Fails");
      expect(shortDescription?.text).toMatch(/\.$/);
    }
    for (const { ruleId, ruleIndex } of run?.results ?? []) expect(rules[ruleIndex ?? -1]?.id).toBe(ruleId);
    const [duplicate] = run?.results?.filter(({ ruleId }) => ruleId === "duplicate-address") ?? [];
    const artifactLocation = { uri: config, uriBaseId: "SRCROOT" };
    expect(run?.originalUriBaseIds).toEqual({ SRCROOT: { uri: `${pathToFileURL(dir).href}/` } });
    expect(duplicate).toMatchObject({
      level: "error",
      locations: [
        {
          physicalLocation: { artifactLocation, region: { startLine: 11, startColumn: 29 } },
          logicalLocations: [{ fullyQualifiedName: "hosts.alpha.vms.b.interfaces[0].address" }],
        },
      ],
      relatedLocations: [{ physicalLocation: { artifactLocation, region: { startLine: 12, startColumn: 29 } } }],
    });
  });

  it("is valid for a config elsewhere, without problems, or with silenced ones", () => {
    const dir = project("        a: {},", `silence: { "no-login": "keys come later" },`);
    const [run] = sarif(microvmEmit(temporaryDirectory(), [join(dir, config), "--format=sarif"])).runs;
    expect(run?.results).toMatchObject([
      {
        level: "warning",
        suppressions: [{ kind: "inSource", justification: "keys come later" }],
        locations: [{ physicalLocation: { artifactLocation: { uri: pathToFileURL(join(dir, config)).href } } }],
      },
    ]);
  });

  it("is valid for failures", () => {
    const dir = temporaryDirectory();
    const [missing] = sarif(microvmEmit(dir, ["none.ts", "--format", "sarif"])).runs;
    expect(missing?.results).toMatchObject([{ ruleId: "config-missing", level: "error" }]);
    const [usage] = sarif(microvmEmit(dir, ["--nonsense", "--format", "sarif"])).runs;
    expect(usage?.invocations).toMatchObject([{ executionSuccessful: false, exitCode: 2 }]);
  });

  it.each(nixes())("has errors of $version, at their places", (nix) => {
    const dir = project('        a: { modules: ["./a.nix"] },');
    layOut(dir, { "a.nix": "{\n  networking.hostNam = 1;\n}\n" });
    const ended = microvmEmit(dir, ["check", config, ...overrides, "--format", "sarif"], nixEnvironment(nix));
    const [run] = sarif(ended).runs;
    expect(run?.results).toMatchObject([
      {
        ruleId: "evaluation-failed",
        locations: [
          {
            physicalLocation: { artifactLocation: { uri: "a.nix" }, region: { startLine: 2, startColumn: 3 } },
            logicalLocations: [{ fullyQualifiedName: "hosts.alpha.vms.a.modules[0]" }],
          },
        ],
      },
    ]);
  });
});

describe("microvm-emit explain", () => {
  it("prints a page, plain in a pipe", () => {
    const { exitCode, stdout, stderr } = microvmEmit(temporaryDirectory(), ["explain", "duplicate-mount-point"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^error\[duplicate-mount-point\] Mount point used twice\n\n\S/);
    expect(stdout).toContain("\n\nFails:\n\n    // a VM\n    {\n");
    // eslint-disable-next-line no-control-regex -- finds colors
    expect(stdout).not.toMatch(/\u001b/);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("lists every code by severity", () => {
    const { stdout } = microvmEmit(temporaryDirectory(), ["explain"]);
    expect(stdout).toMatch(/^Errors\n {2}address-in-dhcp-range {2,}\S/);
    expect(stdout).toMatch(/\nWarnings\n(?: {2}.*\n)* {2}no-login {2,}No SSH key/);
  });

  it.each([
    ["duplicate-mak", 'Did you mean "duplicate-mac"?'],
    ["dup", /^Did you mean one of: duplicate-\w+(, duplicate-[\w-]+)+\?/],
    ["bridge", /^Did you mean one of: .*unknown-bridge/],
    ["quux", /^Use one of \d+, such as ([a-z-]+, ){4}[a-z-]+\./],
  ])("suggests codes for the unknown code %s", (code, remedy) => {
    const { exitCode, problems } = parsed(microvmEmit(temporaryDirectory(), ["explain", code, "--json"]));
    expect([exitCode, problems]).toMatchObject([
      2,
      [{ code: "unknown-code", message: `Unknown problem code "${code}".` }],
    ]);
    expect(problems[0]?.remedy).toMatch(remedy);
    expect(problems[0]?.remedy).toMatch(/ `microvm-emit explain` lists all codes\.$/);
  });

  it("prints pages as JSON", () => {
    const { pages } = parsed(microvmEmit(temporaryDirectory(), ["explain", "no-login", "--format", "json"]));
    expect(pages).toMatchObject([{ code: "no-login", severity: "warning", title: "No SSH key" }]);
  });
});

describe("a control character", () => {
  const hostile = "\u001b]0;title\u0007\u001b[2J\u001b[35m\u009b1m\u202e\u2066\u200b\u2028\r\b\u007f";
  const throwing = `throw new Error(${JSON.stringify(hostile)});\n`;
  const yaml = (vm: string): string =>
    `hosts:\n  alpha:\n    stateVersion: "25.11"\n    modules: [./configuration.nix]\n    user: { name: alice, sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"] }\n    bridges: { br0: { address: 10.0.0.1/24 } }\n    vms:\n${vm}`;
  const inYaml = JSON.stringify(hostile);

  /** The output on a terminal, without our own escape sequences. */
  const onTerminal = (dir: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string => {
    const command = [process.execPath, bin, ...args].map((word) => `'${word}'`).join(" ");
    const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
      cwd: dir,
      encoding: "utf8",
      env: environment({ TERM: "xterm", NO_COLOR: "", ...env }),
    });
    return (
      stdout
        .replaceAll("\r\n", "\n")
        .replaceAll("\r\u001b[K", "")
        // eslint-disable-next-line no-control-regex -- removes our colors
        .replaceAll(/\u001b\[(?:1|2|22|31|32|33|36|39)m/g, "")
    );
  };

  const expectVisible = (text: string): void => {
    expect(text).toContain(String.raw`\u202e`);
    expect(text).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  };

  it.each<[string, Record<string, string>, readonly string[]]>([
    ["the name of a VM", { "c.yaml": yaml(`      ${inYaml}: {}\n`) }, ["c.yaml"]],
    ["the name of a VM in JSON", { "c.yaml": yaml(`      ${inYaml}: {}\n`) }, ["c.yaml", "--json"]],
    ["a value", { "c.yaml": yaml(`      a: { memoryMiB: ${inYaml} }\n`) }, ["c.yaml"]],
    ["a misspelt key", { "c.yaml": yaml(`      a: { ${inYaml}: 1 }\n`) }, ["c.yaml"]],
    ["a line of YAML", { "c.yaml": `a: "\u009b\u202e" b\n` }, ["c.yaml"]],
    ["a line of TypeScript", { "c.ts": `const a = "\u001b[2J\u009b\u202e" b;\n` }, ["c.ts"]],
    ["a message that is thrown", { "c.ts": throwing }, ["c.ts"]],
    ["the name of a file", { [`${hostile}.ts`]: throwing }, [`${hostile}.ts`]],
    ["a missing file", {}, [`${hostile}.ts`]],
    ["an option", {}, [`--${hostile}`]],
    ["a command", {}, ["help", hostile]],
    ["a code", {}, ["explain", hostile]],
    ["the output directory", { "c.yaml": yaml("      a: {}\n") }, ["c.yaml", "-o", hostile]],
  ])("is escaped in %s", (_, files, args) => {
    const dir = temporaryDirectory();
    layOut(dir, { "configuration.nix": configurationNix, ...files });
    expectVisible(onTerminal(dir, args));
  });

  it("is escaped in Nix's messages", () => {
    const [nix] = nixes();
    if (nix === undefined) throw new Error("There is no Nix.");
    const dir = project('        a: { modules: ["./a.nix"] },');
    layOut(dir, { "a.nix": `{\n  networking.domain = throw "${hostile}";\n}\n` });
    expectVisible(onTerminal(dir, ["check", config, ...overrides, "--verbose"], nixEnvironment(nix)));
    layOut(dir, { "a.nix": `{\n  warnings = [ "${hostile}" ];\n}\n` });
    expectVisible(onTerminal(dir, ["check", config, ...overrides], nixEnvironment(nix)));
  });

  it("keeps the caret below the fault", () => {
    const dir = temporaryDirectory();
    layOut(dir, { "c.ts": 'const a = "\u202e\u001b"; b c;\n' });
    const { stderr } = microvmEmit(dir, ["c.ts"]);
    expectVisible(stderr);
    const lines = stderr.split("\n");
    const caret = lines.findIndex((line) => line.endsWith("^"));
    expect(lines[caret - 1]?.slice(lines[caret]?.indexOf("^"))).toBe(" c;");
  });

  it("is unchanged in Nix text for another program", () => {
    const dir = temporaryDirectory();
    layOut(dir, {
      "configuration.nix": configurationNix,
      "c.yaml": yaml('      a: { environment: { A: "\\u202e" } }\n'),
    });
    expect(microvmEmit(dir, ["c.yaml", "--stop-after", "text"]).stdout).toContain("\u202e");
    expect(onTerminal(dir, ["c.yaml", "--stop-after", "text"])).not.toContain("\u202e");
  });
});
