import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { layOut, temporaryDirectory, treeOf } from "../tree.js";
import { configOf, configurationNix, microvmEmit, parsed, project, sourceOf } from "./cli.js";

const config = "microvm.config.ts";

const lockOf = (dir: string): unknown => JSON.parse(readFileSync(join(dir, "microvm.lock.json"), "utf8"));

describe("microvm-emit CONFIG", () => {
  it("emits to flake/ beside the config, and prints the written files and next commands", () => {
    const dir = project("a");
    const { exitCode, stdout, stderr } = microvmEmit(dir, [config]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const written = [...stdout.matchAll(/^written {2}(.*)$/gm)].map(([, path]) => path ?? "");
    const files = Object.entries(treeOf(dir)).flatMap(([path, text]) => (text === null ? [] : [path]));
    const records = ["flake/.gitattributes", "flake/.microvm-emit.sha256"];
    const library = "flake/microvm-emit";
    const [ofLibrary, ofConfig] = [true, false].map((is) =>
      files.filter((file) => file.startsWith(`${library}/`) === is),
    );
    expect([...written, config, "configuration.nix", ...records].sort()).toEqual(
      [...(ofConfig ?? []), `${library} (${String(ofLibrary?.length)} files)`].sort(),
    );
    expect(written).toContain("flake/flake.nix");
    expect(stdout).toContain(`nixos-rebuild switch --flake 'path:${dir}?dir=flake#alpha'`);
  });

  it("touches no file when the config is unchanged", () => {
    const dir = project("a", "b");
    microvmEmit(dir, [config]);
    const old = new Date("2020-01-01T00:00:00Z");
    const files = Object.entries(treeOf(dir)).flatMap(([path, text]) => (text === null ? [] : [join(dir, path)]));
    for (const file of files) utimesSync(file, old, old);
    const again = microvmEmit(dir, [config]);
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toMatch(/^\d+ files unchanged in flake$/m);
    expect(again.stdout).not.toContain("written");
    for (const file of files) expect(statSync(file).mtime).toEqual(old);
  });

  it("keeps all indexes when VMs are added and removed", () => {
    const dir = project("b", "d");
    microvmEmit(dir, [config]);
    const before = lockOf(dir) as { hosts: { alpha: Record<string, number> } };
    writeFileSync(join(dir, config), sourceOf(configOf("a", "b", "c", "d")));
    microvmEmit(dir, [config]);
    expect(lockOf(dir)).toMatchObject(before);
    const emitted = treeOf(join(dir, "flake"));
    writeFileSync(join(dir, config), sourceOf(configOf("d", "c", "b", "a")));
    expect(microvmEmit(dir, [config]).stdout).not.toContain("written");
    expect(treeOf(join(dir, "flake"))).toEqual(emitted);
  });

  it("keeps separate locks for two configs in a folder, and adopts both", () => {
    const dir = project();
    const sources = { "home.config.ts": sourceOf(configOf("b", "z")), "work.config.ts": sourceOf(configOf("a", "c")) };
    const former = JSON.stringify({ version: 1, hosts: { alpha: { c: 0, a: 4 } } });
    layOut(dir, { ...sources, "microvm-emit.lock.json": former });
    const home = ["home.config.ts", "-o", "home"];
    const work = ["work.config.ts", "-o", "work"];
    expect(microvmEmit(dir, home)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(microvmEmit(dir, work).stdout).toContain("written  work.lock.json (from microvm-emit.lock.json)\n");
    const again = microvmEmit(dir, home).stdout;
    expect(again).toMatch(/^\d+ files unchanged in home$/m);
    expect(again).not.toContain("stops");
    const { "home.lock.json": ofHome, "work.lock.json": ofWork, ...others } = treeOf(dir);
    expect([ofHome, ofWork].map((text) => JSON.parse(text ?? "") as unknown)).toEqual([
      { version: 2, hosts: { alpha: { b: 0, z: 1 } } },
      { version: 2, hosts: { alpha: { a: 4, c: 0 } } },
    ]);
    expect(others).not.toHaveProperty(["microvm-emit.lock.json"]);
  });

  it("removes the file of a guest when a single VM needs it", () => {
    const guests = (): readonly string[] => Object.keys(treeOf(dir)).filter((file) => /\/guests\/.*\.nix$/.test(file));
    const dir = project("a", "b", "c");
    microvmEmit(dir, [config]);
    writeFileSync(join(dir, config), sourceOf(configOf("a", "b")));
    const { stdout } = microvmEmit(dir, [config]);
    expect(stdout.match(/^removed .*$/gm)).toEqual(["removed  flake/hosts/alpha/vms/c.nix"]);
    expect(guests()).toEqual(["flake/hosts/alpha/guests/a.nix"]);
    writeFileSync(join(dir, config), sourceOf(configOf("a")));
    expect(microvmEmit(dir, [config]).stdout).toContain("removed  flake/hosts/alpha/guests/a.nix");
    expect(guests()).toEqual([]);
  });

  it("reports edited files and writes nothing, unless forced", () => {
    const dir = project("a");
    microvmEmit(dir, [config]);
    layOut(dir, { "flake/flake.nix": "mine\n", "flake/hosts/alpha/default.nix": "mine\n" });
    writeFileSync(join(dir, config), sourceOf(configOf("a", "b")));
    const before = treeOf(dir);
    const refused = microvmEmit(dir, [config]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("error[output-conflicts] flake");
    expect(refused.stderr).toContain("flake.nix: edited by hand since it was emitted");
    expect(refused.stderr).toContain("hosts/alpha/default.nix: edited by hand since it was emitted");
    expect(refused.stderr).toContain("--force");
    expect(treeOf(dir)).toEqual(before);

    expect(microvmEmit(dir, [config, "--force"]).exitCode).toBe(0);
    expect(readFileSync(join(dir, "flake/flake.nix"), "utf8")).not.toBe("mine\n");
  });

  it("emits the same from every kind of config and every directory", () => {
    const source = sourceOf(configOf("a"));
    const data = JSON.stringify(configOf("a"));
    const sources = {
      "microvm.config.ts": source,
      "microvm.config.mts": source
        .replace("export default", "const typed: object =")
        .concat("export default await Promise.resolve(typed);\n"),
      "microvm.config.mjs": source,
      "microvm.config.js": `module.exports = ${data};\n`,
      "microvm.config.json": data,
    };
    const trees = Object.entries(sources).map(([name, text]) => {
      const dir = join(temporaryDirectory(), "a dir #1");
      layOut(dir, { [name]: text, "configuration.nix": configurationNix });
      const elsewhere = temporaryDirectory();
      expect(microvmEmit(elsewhere, [join(dir, name)])).toMatchObject({ exitCode: 0, stderr: "" });
      expect(treeOf(elsewhere)).toEqual({});
      const tree = JSON.stringify(treeOf(join(dir, "flake"))).replaceAll(name, "CONFIG");
      // The name of the lock depends on the language, too.
      return JSON.parse(tree.replaceAll(/(?:CONFIG|microvm)\.lock\.json/g, "LOCK")) as Record<string, string>;
    });
    // The manifest contains hashes, and the skill an example in the language of the config.
    const skill = ".claude/skills/create-microvm/SKILL.md";
    const [first, ...others] = trees.map(({ ".microvm-emit.sha256": _hashes, [skill]: _shown, ...tree }) => tree);
    for (const tree of others) expect(tree).toEqual(first);
  });

  it("reports a missing module before it writes", () => {
    const dir = project("a");
    const source = sourceOf(configOf("a")).replace("./configuration.nix", "./confguration.nix");
    writeFileSync(join(dir, config), source);
    const ended = microvmEmit(dir, [config]);
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain("error[module-missing] hosts.alpha.modules[0]");
    expect(ended.stderr).toMatch(/--> microvm\.config\.ts:\d+:\d+/);
    expect(readdirSync(dir)).not.toContain("flake");
  });

  it("rejects a workspace that contains the config", () => {
    const dir = project("a");
    writeFileSync(
      join(dir, config),
      sourceOf(configOf("a")).replace('"a": {}', `"a": { workspace: ${JSON.stringify(dir)} }`),
    );
    const ended = microvmEmit(dir, [config]);
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain("error[dangerous-share] hosts.alpha.vms.a.workspace");
    expect(ended.stderr).toContain(`${dir} contains ${join(dir, config)}, the config of this host`);
  });

  it("rejects a share that contains the config behind a link", () => {
    const dir = project("a");
    const link = join(temporaryDirectory(), "link");
    symlinkSync(dir, link);
    writeFileSync(
      join(dir, config),
      sourceOf(configOf("a")).replace('"a": {}', `"a": { workspace: ${JSON.stringify(link)} }`),
    );
    expect(microvmEmit(dir, [config]).stderr).toContain(
      `${link} resolves to ${dir}, which contains ${join(dir, config)}, the config of this host`,
    );
  });

  it("rejects a share of the state folder", () => {
    const dir = project("a");
    const state = temporaryDirectory();
    writeFileSync(
      join(dir, config),
      sourceOf(configOf("a")).replace('"a": {}', `"a": { workspace: ${JSON.stringify(state)} }`),
    );
    const { stderr } = microvmEmit(dir, [config], { XDG_STATE_HOME: state });
    expect(stderr).toContain("error[dangerous-share] hosts.alpha.vms.a.workspace");
    expect(stderr).toContain(join(state, "microvm-emit"));
  });

  it("reports one problem for a cyclic config", () => {
    const dir = project();
    writeFileSync(join(dir, config), "const c: any = { hosts: {} };\nc.hosts.a = c;\nexport default c;\n");
    const ended = microvmEmit(dir, [config]);
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain("The value contains itself");
  });

  it("reports that the switch stops a removed VM", () => {
    const dir = project("a", "b");
    microvmEmit(dir, [config]);
    writeFileSync(join(dir, config), sourceOf(configOf("a")));
    expect(microvmEmit(dir, [config]).stdout).toMatch(/nixos-rebuild switch .* # stops b$/m);
    expect(microvmEmit(dir, [config]).stdout).not.toContain("stops");
  });

  it("loads imports of the config, also from packages", () => {
    const dir = project();
    layOut(dir, {
      "node_modules/names/package.json": '{ "name": "names", "version": "1.0.0", "main": "index.js" }',
      "node_modules/names/index.js": 'module.exports = { name: "frompackage" };\n',
      "vms.ts":
        'import { name } from "names";\nexport enum Size { Small = 512 }\nexport const vms = { [name]: { memoryMiB: Size.Small } };\n',
      [config]: sourceOf(configOf())
        .replace('"vms": {}', "vms")
        .replace("import", 'import { vms } from "./vms.ts";\nimport'),
    });
    expect(microvmEmit(dir, [config])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(Object.keys(treeOf(dir))).toContain("flake/hosts/alpha/vms/frompackage.nix");
  });

  it("keeps its output valid when a config logs", () => {
    const dir = project("a");
    writeFileSync(join(dir, config), `console.log("hello");\n${readFileSync(join(dir, config), "utf8")}`);
    const ended = microvmEmit(dir, [config, "--json"]);
    expect(ended.stderr).toContain("hello");
    expect(parsed(ended)).toMatchObject({ ok: true });
  });

  it("prints the files to add to git", () => {
    const dir = project("a");
    expect(spawnSync("git", ["init", "-q", dir]).status).toBe(0);
    mkdirSync(join(dir, "sub"));
    const { stdout } = microvmEmit(join(dir, "sub"), ["../microvm.config.ts"]);
    expect(stdout).toContain("git add ../flake ../microvm.lock.json ../configuration.nix\n");
    expect(stdout).toContain("nixos-rebuild switch --flake ../flake#alpha\n");
    const { stdout: here } = microvmEmit(dir, [config, "-o", "out of/it's"]);
    expect(here).toContain(String.raw`git add 'out of/it'\''s' microvm.lock.json`);
    expect(here).toContain(String.raw`--flake './out of/it'\''s#alpha'`);
  });
});

describe("--json", () => {
  it("prints one object for the written files", () => {
    const dir = project("a");
    const ended = microvmEmit(dir, [config, "--json"]);
    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(parsed(ended)).toMatchObject({
      ok: true,
      exitCode: 0,
      directory: join(dir, "flake"),
      written: expect.arrayContaining(["flake.nix", "hosts/alpha/default.nix", "hosts/alpha/vms/a.nix"]) as unknown,
      unchanged: [],
      removed: [],
      lock: { file: join(dir, "microvm.lock.json"), changed: true },
      problems: [],
    });
  });

  it.each([
    ["help", ["--help", "--json"], 0],
    ["the version", ["--version", "--json"], 0],
    ["an invalid command line", ["--json", "--bogus"], 2],
    ["a command line without a config", ["--json"], 0],
    ["a missing config", ["none.ts", "--json"], 1],
    ["a stage", [config, "--json", "--stop-after", "text"], 0],
  ])("prints one object for %s", (_, args, exitCode) => {
    const ended = microvmEmit(project("a"), args);
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toBe("");
    expect(parsed(ended)).toMatchObject({ ok: exitCode === 0, exitCode });
  });
});

describe("--stop-after", () => {
  it("prints the plan", () => {
    const dir = project("a");
    const { exitCode, stdout } = microvmEmit(dir, [config, "--stop-after", "plan"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ hosts: [{ name: "alpha", vms: [{ name: "a" }] }] });
  });

  it("prints the tree of every file", () => {
    const files = JSON.parse(microvmEmit(project("a"), [config, "--stop-after", "ast"]).stdout) as { path: string }[];
    expect(files).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: "nix", path: "flake.nix", expr: expect.anything() as unknown }),
        { kind: "text", path: "microvm-emit/vm/start-vm.nix", isFixed: true },
        { kind: "text", path: "microvm-emit/resolver/resolver.py", isFixed: true },
      ]),
    );
  });

  it("prints the name and text of every file", () => {
    const dir = project("a");
    const { stdout } = microvmEmit(dir, [config, "--stop-after", "text"]);
    microvmEmit(dir, [config]);
    const { ".microvm-emit.sha256": _record, ".gitattributes": _attributes, ...tree } = treeOf(join(dir, "flake"));
    const printed = stdout.split(/^# ==> (.*)\n/m).slice(1);
    const texts = Object.fromEntries(
      printed.flatMap((path, index): [string, string][] =>
        index % 2 === 0 ? [[path, (printed[index + 1] ?? "").trimEnd()]] : [],
      ),
    );
    expect(texts).toEqual(
      Object.fromEntries(
        Object.entries(tree).flatMap(([path, text]) => (text === null ? [] : [[path, text.trimEnd()]])),
      ),
    );
  });

  it.each(["plan", "ast", "text"])("writes nothing after %s", (stage) => {
    const dir = project("a");
    const before = treeOf(dir);
    expect(microvmEmit(dir, [config, "--stop-after", stage]).exitCode).toBe(0);
    expect(treeOf(dir)).toEqual(before);
  });

  it("ends when its reader closes the pipe", () => {
    const dir = project(...Array.from({ length: 200 }, (_, index) => `vm${index}`));
    const { stdout, stderr } = spawnSync(
      "sh",
      [
        "-c",
        `"${process.execPath}" "$0" microvm.config.ts --stop-after text | head -n 1`,
        join(import.meta.dirname, "../../dist/bin/microvm-emit.js"),
      ],
      { cwd: dir, encoding: "utf8" },
    );
    expect([stdout.split("\n").length, stderr]).toEqual([2, ""]);
  });
});

describe("without a named config", () => {
  it("writes the flake of the nearest config above", () => {
    const dir = project("a");
    mkdirSync(join(dir, "deep/er"), { recursive: true });
    expect(microvmEmit(join(dir, "deep/er"), [])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(existsSync(join(dir, "flake/flake.nix"))).toBe(true);
    expect(microvmEmit(join(dir, "deep"), ["plan"])).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("reports that there is no config", () => {
    const { exitCode, stderr } = microvmEmit(temporaryDirectory(), ["plan"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("error[config-not-found]");
  });
});

describe("the command line", () => {
  it("prints help", () => {
    const { exitCode, stdout } = microvmEmit(temporaryDirectory(), ["--help"]);
    expect(exitCode).toBe(0);
    for (const words of [
      "Usage: microvm-emit",
      "--stop-after <stage>",
      "--force",
      "check [options] [config]",
      "Examples:",
    ]) {
      expect(stdout).toContain(words);
    }
    expect(microvmEmit(temporaryDirectory(), ["check", "--help"]).stdout).toContain("--override-input <name> <ref>");
  });

  it("prints the package's version", () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(microvmEmit(temporaryDirectory(), ["--version"])).toEqual({
      exitCode: 0,
      stdout: `${version}\n`,
      stderr: "",
    });
  });

  it.each([
    [["x.ts", "--forse"], "Did you mean --force?"],
    [["x.ts", "--stop-after", "txt"], "Allowed choices are plan, ast, text."],
    [["x.ts", "y.ts"], "Too many arguments"],
    [["check", "x.ts", "--override-input", "a"], "It takes a name and a flake reference."],
  ])("reports the fault of %j", (args, words) => {
    const { exitCode, stdout, stderr } = microvmEmit(temporaryDirectory(), args);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("error[usage]");
    expect(stderr).toContain(words);
    expect(stderr).toContain(args[0] === "check" ? "microvm-emit check --help" : "microvm-emit --help");
  });

  it("uses colors on terminals unless NO_COLOR is set", () => {
    const onTerminal = (env: NodeJS.ProcessEnv): string =>
      spawnSync(
        "script",
        [
          "-qec",
          `"${process.execPath}" "${join(import.meta.dirname, "../../dist/bin/microvm-emit.js")}" none.ts`,
          "/dev/null",
        ],
        {
          encoding: "utf8",
          cwd: temporaryDirectory(),
          env: { ...process.env, TERM: "xterm", ...env },
        },
      ).stdout;
    const escape = "\u001b[";
    expect(onTerminal({ NO_COLOR: "" })).toContain(escape);
    expect(onTerminal({ NO_COLOR: "1" })).not.toContain(escape);
    expect(microvmEmit(temporaryDirectory(), ["none.ts"]).stderr).not.toContain(escape);
  });
});
