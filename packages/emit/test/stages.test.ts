/** The stages of `microvm-emit/node`: each takes the result of the one before, and results can be changed in between. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Result, Rule } from "@microvm-emit/model";
import { render } from "microvm-emit";
import { type Diagnostic, loadConfig, locate, planConfig, writeFlake } from "microvm-emit/node";
import { beforeEach, expect, it } from "vitest";
import { project } from "./cli/cli.js";

let dir: string;
let file: string;
beforeEach(() => {
  dir = project("a", "b");
  file = join(dir, "microvm.config.ts");
});

const right = <A>(result: Result<readonly Diagnostic[], A>): A => {
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  return result.right;
};
const left = <A>(result: Result<readonly Diagnostic[], A>): readonly Diagnostic[] =>
  result._tag === "Left" ? result.left : [];
const planned = async () => right(await planConfig(right(await loadConfig(file))));

it("loads, plans and writes as the command does", async () => {
  const plan = await planned();
  expect(plan.planned.plan.hosts.map(({ name }) => name)).toEqual(["alpha"]);
  const { written } = right(await writeFlake(plan));
  expect(written).toEqual(expect.arrayContaining(["flake.nix", "hosts/alpha/vms/a.nix", "hosts/alpha/vms/b.nix"]));
  expect(JSON.parse(readFileSync(join(dir, "microvm.lock.json"), "utf8"))).toMatchObject({
    hosts: { alpha: { a: 0, b: 1 } },
  });
  expect(right(await writeFlake(await planned()))).toMatchObject({ written: [], removed: [] });
});

it("restores the process of a program after a config has run", async () => {
  const own = (): readonly unknown[] =>
    ["exit", "kill", "on", "off", "stdout"].map((name): unknown => Reflect.get(process, name));
  const before = own();
  await planned();
  expect(own()).toEqual(before);
  expect(process.listeners("uncaughtException").map(({ name }) => name)).not.toContain("note");
});

it("reports each problem of a config at its place", async () => {
  writeFileSync(file, readFileSync(file, "utf8").replace('"a": {}', '"a": { vcpu: 0, agnt: "claude-code" }'));
  const problems = left(await planConfig(right(await loadConfig(file))));
  expect(problems.map(({ code, place }) => [code, place?.file, place?.line])).toEqual([
    ["unknown-key", file, 22],
    ["bad-value", file, 22],
  ]);
});

it("reports problems of the caller's rules at their places, with those of the model", async () => {
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace('"a": {}', '"a": { vcpu: 64, shares: [{ tag: "x", source: "/etc" }] }'),
  );
  const tooLarge: Rule<"too-large"> = ({ hosts }) =>
    hosts
      .flatMap(({ vms }) => vms)
      .filter(({ machine }) => machine.vcpu > 32)
      .map(({ path }) => ({
        code: "too-large",
        severity: "error",
        path: [...path, "vcpu"],
        message: "More than 32 virtual CPUs",
        remedy: "Use two VMs.",
      }));
  const problems = left(await planConfig(right(await loadConfig(file)), { rules: [tooLarge] }));
  expect(problems.map(({ code, place }) => [code, place?.line])).toEqual(
    expect.arrayContaining([
      ["too-large", 22],
      ["dangerous-share", 22],
    ]),
  );
});

it("reports why a config cannot be loaded", async () => {
  expect(left(await loadConfig(join(dir, "microvm.confg.ts")))).toMatchObject([{ code: "config-missing" }]);
  writeFileSync(file, "throw new Error('no database');\n");
  expect(left(await loadConfig(file))).toMatchObject([{ code: "config-throws", place: { line: 1 } }]);
});

it("compiles a changed plan", async () => {
  const { planned: before, files } = await planned();
  const changed = { ...before.plan, description: "The fleet of our team" };
  const [flake = { text: "" }] = render(files(changed)).filter(({ path }) => path === "flake.nix");
  expect(flake.text).toContain('description = "The fleet of our team";');
});

it("writes an added file, and removes it when it is no longer added", async () => {
  const plan = await planned();
  const files = [...render(plan.files()), { kind: "text", path: "tenants.json", text: "[]\n" } as const];
  right(await writeFlake(plan, { files }));
  expect(readFileSync(join(dir, "flake/tenants.json"), "utf8")).toBe("[]\n");
  expect(right(await writeFlake(await planned())).removed).toEqual(["tenants.json"]);
  expect(existsSync(join(dir, "flake/tenants.json"))).toBe(false);
});

it("keeps files that were edited by hand, and writes nothing then", async () => {
  right(await writeFlake(await planned()));
  writeFileSync(join(dir, "flake/hosts/alpha/vms/a.nix"), "{ }\n");
  writeFileSync(file, readFileSync(file, "utf8").replace('"a": {}', '"a": { vcpu: 2 }'));
  expect(left(await writeFlake(await planned()))).toMatchObject([{ code: "output-conflicts" }]);
  expect(readFileSync(join(dir, "flake/hosts/alpha/vms/a.nix"), "utf8")).toBe("{ }\n");
  expect(right(await writeFlake(await planned(), { force: true })).written).toContain("hosts/alpha/vms/a.nix");
});

it("finds the source of problems of other rules", async () => {
  const loaded = right(await loadConfig(file));
  const path = ["hosts", "alpha", "vms", "b"];
  const own = { code: "no-owner", severity: "warning", path, message: "b has no owner", remedy: "Name one." } as const;
  expect(await locate(loaded, [own])).toMatchObject([
    { code: "no-owner", subject: "hosts.alpha.vms.b", place: { file, line: 23 } },
  ]);
});
