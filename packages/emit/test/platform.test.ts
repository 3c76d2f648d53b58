/** The example of a service that deploys a VM for each tenant. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deploy, type Tenant } from "../../../examples/platform/fleet.js";
import { hostModule } from "../../../test/nix/emitted.js";
import { nixes } from "../../../test/nix/harness.js";
import { nixEnvironment, overridesOf } from "./cli/offline-nix.js";
import { temporaryDirectory } from "./tree.js";

const tenants: readonly Tenant[] = [
  { name: "acme", host: "one", memoryMiB: 4096, domains: ["*.acme.example"] },
  { name: "zeta", host: "one", memoryMiB: 2048, domains: [] },
  { name: "noon", host: "two", memoryMiB: 2048, domains: ["noon.example"] },
];

const right = <A>(
  result: { readonly _tag: "Right"; readonly right: A } | { readonly _tag: "Left"; readonly left: unknown },
): A => {
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left, undefined, 2));
  return result.right;
};

const flags = overridesOf("nixpkgs", "nixpkgs-unstable", "microvm");
const overrides = flags.flatMap((flag, at) =>
  flag === "--override-input" ? [[flags[at + 1] ?? "", flags[at + 2] ?? ""] as const] : [],
);

describe("the platform", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    const [nix] = nixes();
    if (nix === undefined) throw new Error("There is no nix.");
    for (const [name, value] of Object.entries(nixEnvironment(nix))) vi.stubEnv(name, value);
    folder = temporaryDirectory();
    file = join(folder, "fleet.json");
    const user = "users.users.agents.isNormalUser = true; }";
    for (const host of ["one", "two"]) writeFileSync(join(folder, `${host}.nix`), hostModule.replace(/\}\s*$/, user));
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("writes the flake of a fleet, and reports the access that a change opens", async () => {
    const first = right(await deploy(file, tenants, { overrides }));
    expect(first.hosts).toEqual(["one", "two"]);
    expect(first.written).toEqual(expect.arrayContaining(["hosts/one/vms/acme.nix", "hosts/two/vms/noon.nix"]));
    expect(JSON.parse(readFileSync(join(folder, "fleet.json.lock.json"), "utf8"))).toMatchObject({
      hosts: { one: { acme: 0, zeta: 1 }, two: { noon: 0 } },
    });
    const [acme, zeta, noon] = tenants as readonly [Tenant, Tenant, Tenant];
    const changed = [acme, { ...zeta, domains: ["api.example"] }, noon, { ...noon, name: "late" }];
    const second = right(await deploy(file, changed, { overrides, before: first.plan }));
    expect(second).toMatchObject({ hosts: ["one", "two"], opened: ["zeta", "late"] });
    expect(second.written).toContain("hosts/two/vms/late.nix");
    expect(second.written).not.toContain("hosts/one/vms/acme.nix");
  });

  it("writes nothing for a problem of the config, of a custom rule or of Nix", async () => {
    const [acme, ...others] = tenants as readonly [Tenant, ...Tenant[]];
    const codesOf = async (rows: readonly Tenant[]): Promise<unknown> => {
      const result = await deploy(file, rows, { overrides });
      expect(existsSync(join(folder, "flake"))).toBe(false);
      return result._tag === "Right" ? [] : result.left.map(({ code, subject }) => [code, subject]);
    };
    expect(await codesOf([{ ...acme, name: "no_name" }, ...others])).toEqual([["bad-value", "hosts.one.vms.no_name"]]);
    expect(await codesOf([{ ...acme, memoryMiB: 65536 }, ...others])).toEqual([["overbooked", "hosts.one"]]);
    writeFileSync(join(folder, "two.nix"), "{ wrong = true; }\n");
    expect(await codesOf(tenants)).toEqual([["evaluation-failed", expect.stringContaining("hosts.two")]]);
  });
});
