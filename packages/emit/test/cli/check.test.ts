import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { nixes } from "../../../../test/nix/harness.js";
import { layOut, temporaryDirectory, treeOf } from "../tree.js";
import { bin, configOf, type Ended, environment, example, microvmEmit, parsed, project, sourceOf } from "./cli.js";
import { nixEnvironment, overrides, overridesOf } from "./offline-nix.js";

const config = "microvm.config.ts";
describe.each(nixes())("microvm-emit check with $version", (nix) => {
  const env = nixEnvironment(nix);
  const check = (dir: string, ...args: readonly string[]): Ended => {
    const before = treeOf(dir);
    const ended = microvmEmit(dir, ["check", config, ...args], env);
    expect(treeOf(dir)).toEqual(before);
    expect(readdirSync(env.TMPDIR).filter((name) => name.startsWith("microvm-emit-"))).toEqual([]);
    return ended;
  };

  it("evaluates and reports every host, and writes nothing", () => {
    const dir = example("midna");
    const { exitCode, stdout, stderr } = check(
      dir,
      ...overrides,
      ...overridesOf("home-manager", "stapelbergnix", "zkjnastools", "configfiles"),
    );
    expect(stderr).toMatch(/^evaluating midna \(1 of 1\)\nok {6}midna \d+\.\d s\n/);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ok {2}midna {2}\S+-nixos-system-midna-test\.drv$/m);
  });

  it("continues after a host that fails, and reports all failures", () => {
    const dir = temporaryDirectory();
    const one = (configOf("a") as { hosts: { alpha: object } }).hosts.alpha;
    const hosts = Object.fromEntries(
      ["alpha", "beta", "gamma"].map((name) => [name, { ...one, modules: [`./${name}.nix`] }]),
    );
    layOut(dir, {
      [config]: sourceOf({ hosts }),
      "alpha.nix": '{ networking.hosName = "x"; }',
      "beta.nix": "{ imports = [ ./shared/beta.nix ]; }",
      "shared/beta.nix":
        '{ boot.loader.systemd-boot.enable = true; users.users.alice.isNormalUser = true; fileSystems."/" = { device = "x"; fsType = "ext4"; }; warnings = [ "old\\nnews" ]; }',
      "gamma.nix": "{\n  imports = [ ./none.nix ];\n}\n",
    });
    const ended = check(dir, ...overrides, "--json");
    expect([ended.exitCode, ended.stderr]).toEqual([1, ""]);
    const { problems } = parsed(ended);
    expect(problems.map(({ code, subject }) => `${code} ${subject ?? ""}`)).toEqual([
      "evaluation-failed hosts.alpha.modules[0]",
      "evaluation-failed hosts.gamma",
    ]);
    const details = problems.map((problem) => (problem.details ?? []).join("\n"));
    expect(details[0]).toMatch(/^The option `networking\.hosName' does not exist/);
    expect(details[0]).toContain(`In \`${join(dir, "alpha.nix")}': "x"`);
    expect(details[0]).not.toMatch(/…|show-trace/);
    expect(details[1]).toContain(join(dir, "none.nix"));

    const { stderr } = check(dir, ...overrides, "--verbose");
    expect(stderr).toMatch(/failed {2}alpha .*\n.*\nok {6}beta .*\n.*\nfailed {2}gamma/);
    expect(stderr.length).toBeGreaterThan(check(dir, ...overrides).stderr.length);
  });

  it("shows warnings of modules", () => {
    const dir = project("a");
    layOut(dir, {
      "configuration.nix":
        '{ boot.loader.systemd-boot.enable = true; users.users.alice.isNormalUser = true; fileSystems."/" = { device = "x"; fsType = "ext4"; }; warnings = [ "old\\nnews" "`networking.useNetworkd = false` can lead to loss of networking" ]; }',
    });
    expect(parsed(check(dir, ...overrides, "--json"))).toMatchObject({
      ok: true,
      hosts: [
        {
          host: "alpha",
          warnings: expect.arrayContaining([
            "old\nnews",
            expect.stringMatching(/loss of networking\nThis flake excludes that: networkd manages/),
          ]) as unknown,
        },
      ],
    });
  });

  it("evaluates with the pins of the flake.lock in the output directory", () => {
    const dir = project("a");
    expect(microvmEmit(dir, [config]).exitCode).toBe(0);
    const locked = spawnSync(
      "nix",
      [
        ...["--extra-experimental-features", "nix-command flakes", "flake", "lock"],
        ...overrides,
        `path:${join(dir, "flake")}`,
      ],
      { encoding: "utf8", env: environment(env) },
    );
    expect(locked).toMatchObject({ status: 0 });
    expect(existsSync(join(dir, "flake/flake.lock"))).toBe(true);
    // Without network, Nix can only find pinned inputs.
    expect(check(dir)).toMatchObject({ exitCode: 0 });
    renameSync(join(dir, "flake/flake.lock"), join(dir, "flake.lock"));
    expect(check(dir).exitCode).toBe(2);
  });

  it("copies all files of a git work tree that git does not ignore", () => {
    const repo = join(temporaryDirectory(), "a repo");
    layOut(repo, {
      "hosts/it's/microvm.config.ts": sourceOf(configOf("a")).replace("./configuration.nix", "../../common/host.nix"),
      "common/host.nix":
        "{ imports = [ ./disk.nix ]; boot.loader.systemd-boot.enable = true; users.users.alice.isNormalUser = true; }",
      "common/disk.nix": '{ fileSystems."/" = { device = "x"; fsType = "ext4"; }; }',
    });
    const dir = join(repo, "hosts/it's");
    expect(spawnSync("git", ["init", "-q", repo]).status).toBe(0);
    expect(check(dir, ...overrides)).toMatchObject({ exitCode: 0 });
    writeFileSync(join(repo, ".gitignore"), "common/host.nix\n");
    const { problems } = parsed(check(dir, ...overrides, "--json"));
    expect(problems).toMatchObject([
      { code: "modules-unreachable", details: ["../../common/host.nix is ignored by git, so Nix does not see it"] },
    ]);
  });

  it("reports unreachable modules before it runs Nix", () => {
    const dir = join(temporaryDirectory(), "project");
    const source = JSON.stringify(configOf("a")).replace('"./configuration.nix"', '"../one.nix", "../two.nix"');
    layOut(dir, { [config]: `export default ${source};\n`, "../one.nix": "{ }", "../two.nix": "{ }" });
    const ended = check(dir, ...overrides);
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain("error[modules-unreachable]");
    for (const name of ["one", "two"]) {
      expect(ended.stderr).toContain(`../${name}.nix is outside the source tree that Nix sees`);
    }
    expect(ended.stderr).not.toContain("evaluating");
  });

  it("follows no link in the output directory", () => {
    const dir = project("a");
    const elsewhere = temporaryDirectory();
    mkdirSync(join(dir, "flake"));
    symlinkSync(elsewhere, join(dir, "flake/hosts"));
    expect(check(dir, ...overrides)).toMatchObject({ exitCode: 0 });
    expect(treeOf(elsewhere)).toEqual({});
  });

  it("reports that Nix failed when inputs are unavailable", () => {
    const ended = check(project("a"));
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toContain("error[nix-failed]");
    expect(ended.stderr).toContain("unable to download");
  });

  it.each(["SIGINT", "SIGTERM"] as const)("removes its temporary files when stopped by %s", async (signal) => {
    const dir = project("a");
    layOut(dir, {
      "configuration.nix": `let
  fibonacci = n: if n < 2 then n else fibonacci (n - 1) + fibonacci (n - 2);
in
{
  networking.hostName = toString (fibonacci 60);
}
`,
    });
    const child = spawn(process.execPath, [bin, "check", config, ...overrides], { cwd: dir, env: environment(env) });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    await vi.waitUntil(() => evaluationsBelow(env.TMPDIR).length === 1, { timeout: 60_000 });
    expect(readdirSync(env.TMPDIR).filter((name) => name.startsWith("microvm-emit-"))).toHaveLength(1);
    child.kill(signal);
    expect(await ended).toBe(signal === "SIGINT" ? 130 : 143);
    expect(readdirSync(env.TMPDIR).filter((name) => name.startsWith("microvm-emit-"))).toEqual([]);
    expect(evaluationsBelow(env.TMPDIR)).toEqual([]);
  });
});

/** Processes that use a path below the directory. */
const evaluationsBelow = (dir: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`path:${dir}`);
    } catch {
      return false;
    }
  });

describe("microvm-emit check without Nix", () => {
  it("reports how to install it", () => {
    const dir = project("a");
    const bare = temporaryDirectory();
    symlinkSync(process.execPath, join(bare, basename(process.execPath)));
    const ended = microvmEmit(dir, ["check", config], { PATH: bare });
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toContain("error[nix-missing]");
    expect(ended.stderr).toContain("apt install nix-bin");
  });

  it("reports problems of the config first", () => {
    const dir = project();
    layOut(dir, { [config]: "export default { hosts: {} };\n" });
    expect(microvmEmit(dir, ["check", config], { PATH: "/none" })).toMatchObject({ exitCode: 1 });
  });
});
