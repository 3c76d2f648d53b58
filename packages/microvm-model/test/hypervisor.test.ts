import { assert, describe, expect, it } from "vitest";
import { andThen } from "../src/problems/checked.js";
import { emptyLock, formatPath, planConfig, type Problem, type VmPlan } from "../src/index.js";
import { resolve } from "../src/resolve/resolve.js";
import { validate } from "../src/validate/validate.js";
import { hypervisors } from "../src/catalogue/hypervisors.js";
import { features } from "../src/rules/hypervisor-features.js";
import { config } from "./config.js";
import { asking, bare, cells, names } from "./matrix.js";

const problemsOf = (input: unknown): readonly Problem[] => {
  const result = planConfig(input, emptyLock);
  return result._tag === "Left" ? result.left : result.right.warnings;
};

/** The only VM of a config, whatever its problems. */
const ofOnly = (input: unknown): VmPlan => {
  const resolved = andThen(resolve(emptyLock))(validate(input).checked);
  const vm = resolved._tag === "Left" ? undefined : resolved.right.plan.hosts[0]?.vms[0];
  assert(vm);
  return vm;
};

describe("each hypervisor with each feature", () => {
  it("is in the matrix", () => {
    expect(names.toSorted()).toEqual(hypervisors.toSorted());
    expect(cells).toHaveLength(Object.keys(asking).length * hypervisors.length);
    // Each row asks for a feature of its own.
    const base = ofOnly(config({ a: { ...bare, hypervisor: "qemu" } }));
    const asked = Object.values(asking).map(([, settings]) => {
      const vm = ofOnly(config({ a: { ...bare, ...settings, hypervisor: "qemu" } }));
      return features.findLastIndex(({ uses }) => uses(vm).length > 0 && uses(base).length === 0);
    });
    expect(asked.toSorted((a, b) => a - b)).toEqual(features.map((_, position) => position));
  });

  it.each(cells)("$name, $what: $mark", ({ what, name, mark }) => {
    const [step, settings] = asking[what];
    const input = config({ a: { ...bare, ...settings, hypervisor: name } });
    const problems = problemsOf(input).filter(
      ({ code, path }) => code.startsWith("unsupported-") && path.at(-1) === step,
    );
    // The last step may be a setting that has its default.
    for (const { path } of problems) expect(path.slice(0, -1).reduce(partOf, input), formatPath(path)).toBeDefined();
    const severity = name === "vfkit" ? [] : { "+": [], "!": ["error"], "~": ["warning"], "?": ["warning"] }[mark];
    expect(problems.map((problem) => problem.severity)).toEqual(severity);
  });

  it("rejects vfkit on NixOS, and never suggests it", () => {
    const [problem] = problemsOf(config({ a: { ...bare, hypervisor: "vfkit" } }));
    expect(problem?.code).toBe("hypervisor-needs-macos");
    const remedies = cells.flatMap(({ what, name }) =>
      problemsOf(config({ a: { ...bare, ...asking[what][1], hypervisor: name } })).map(({ remedy }) => remedy),
    );
    expect(remedies.filter((remedy) => remedy.includes("vfkit"))).toEqual([]);
  });

  it("suggests another machine for qemu", () => {
    const [problem] = problemsOf(config({ a: { ...bare, ...asking["hotplug-microvm"][1], hypervisor: "qemu" } }));
    expect(problem?.remedy).toBe('Set `microvm.qemu.machine`, such as "q35", or use hypervisor "cloud-hypervisor".');
  });

  it("suggests the hypervisors that work", () => {
    const [problem] = problemsOf(config({ a: { ...bare, ...asking["9p"][1], hypervisor: "firecracker" } }));
    expect(problem?.message).toBe("firecracker cannot share t over 9p");
    expect(problem?.remedy).toBe('Use proto "virtiofs", or use hypervisor "kvmtool" or "qemu".');
  });

  it.each([
    [{ store: "disk", sshHostKeys: false }, "the workspace", "Set workspace: false, or"],
    [{ store: "disk" }, "SSH host keys and the workspace", "Set sshHostKeys: false and workspace: false, or"],
    [
      {},
      "the store, SSH host keys and the workspace",
      'Set store: "disk", sshHostKeys: false and workspace: false, or',
    ],
  ])("lists built-in shares in words", (settings, shares, remedy) => {
    const [problem] = problemsOf(config({ a: { hypervisor: "firecracker", ...settings } })).filter(
      ({ path }) => path.at(-1) === "hypervisor",
    );
    expect(problem?.message).toBe(`firecracker cannot share ${shares} over virtiofs`);
    expect(problem?.remedy.startsWith(remedy)).toBe(true);
  });

  it.each(hypervisors)("reports problems at settings of the config, for a VM with only %s", (hypervisor) => {
    for (const more of [{}, { agent: "claude-code" }, { secrets: { A: "/run/a" } }]) {
      const input = config({ a: { hypervisor, ...more } });
      const problems = problemsOf(input);
      for (const { path } of problems) expect(path.reduce(partOf, input), formatPath(path)).toBeDefined();
      const places = problems.map(({ code, path }) => `${code} ${formatPath(path)}`);
      expect(new Set(places).size).toBe(places.length);
    }
  });

  it.each(hypervisors.filter((name) => name !== "vfkit"))(
    "suggests settings for a VM of %s without shares",
    (hypervisor) => {
      const ofShares = (vm: object): readonly Problem[] =>
        problemsOf(config({ a: vm })).filter(
          ({ code, path }) => code === "unsupported-setting" && path.at(-1) === "hypervisor",
        );
      const [problem] = ofShares({ hypervisor });
      const without = { store: "disk", sshHostKeys: false, workspace: false };
      if (problem === undefined) return;
      expect(problem.remedy).toMatch(
        /^Set store: "disk", sshHostKeys: false and workspace: false, or use hypervisor "/,
      );
      expect(ofShares({ hypervisor, ...without })).toEqual([]);
      for (const [, other] of problem.remedy.matchAll(/(?<=or use hypervisor.*)"([a-z-]+)"/g))
        expect(ofShares({ hypervisor: other })).toEqual([]);
    },
  );
});

const partOf = (whole: unknown, step: string | number): unknown =>
  (whole as Readonly<Record<string | number, unknown>> | undefined)?.[step];
