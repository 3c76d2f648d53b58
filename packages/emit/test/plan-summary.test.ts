/** Tests the words for differences between guests. */
import { emptyLock, planConfig } from "@microvm-emit/model";
import { assert, describe, expect, it } from "vitest";
import { summarize } from "../src/report/plan-summary.js";

const differenceOf = (vm: object): unknown => {
  const host = {
    stateVersion: "26.05",
    user: { name: "alice" },
    bridges: { br0: { address: "10.0.0.1/24" } },
    vms: { a: {}, b: vm },
  };
  const planning = planConfig({ hosts: { h: host } }, emptyLock);
  assert(planning._tag === "Right", JSON.stringify(planning));
  return summarize(planning.right.value.plan)[0]?.guests[1]?.difference;
};

describe("the difference of a guest", () => {
  it.each<[string, object, string[], string | null, string | null]>([
    ["a program of home-manager", { home: ["zsh"] }, ["home[0]"], "zsh", null],
    ["a file of home-manager", { home: ["./home.nix"] }, ["home[0]"], "./home.nix", null],
    ["a module of an input", { home: ["home-manager.x.y"] }, ["home[0]"], "x.y", null],
    ["a NixOS module", { modules: ["./a.nix"] }, ["modules[0]"], "./a.nix", null],
    ["a removed share", { store: "disk" }, ["shares[0]"], null, "ro-store"],
    [
      "a volume",
      { volumes: [{ image: "x.img", sizeMiB: 1, mountPoint: "/x" }] },
      ["volumes[0].image"],
      "volume-0.img",
      "var.img",
    ],
    ["a package", { packages: ["git"] }, ["packages[0]"], "git", null],
    ["a switch", { sudo: true }, ["sudo"], "true", "false"],
  ])("names %s as the config does", (_, vm, settings, here, there) => {
    expect(differenceOf(vm)).toEqual({ from: "a", settings, here, there });
  });
});
