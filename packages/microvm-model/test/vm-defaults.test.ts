import { describe, expect, it } from "vitest";
import {
  emptyLock,
  formatPath,
  planConfig,
  replace,
  unset,
  type Vm,
  type VmDefaults,
  type VmPlan,
} from "../src/index.js";
import { config } from "./config.js";

const result = (vmDefaults: unknown, vms: unknown) => planConfig(config(vms, { vmDefaults }), emptyLock);

const vmsOf = (vmDefaults: VmDefaults, vms: Readonly<Record<string, Vm>>): Readonly<Record<string, VmPlan>> => {
  const planned = result(vmDefaults, vms);
  if (planned._tag === "Left") throw new Error(JSON.stringify(planned.left));
  return Object.fromEntries(planned.right.value.plan.hosts.flatMap(({ vms }) => vms.map((vm) => [vm.name, vm])));
};

const problemsOf = (vmDefaults: unknown, vms: unknown): readonly string[] => {
  const planned = result(vmDefaults, vms);
  const problems = planned._tag === "Left" ? planned.left : planned.right.warnings;
  return problems.map(({ code, path, related = [] }) =>
    [code, ...[path, ...related.map((other) => other.path)].map(formatPath)].join(" "),
  );
};

describe("vmDefaults", () => {
  it("apply to settings that a VM does not set", () => {
    const { a, b } = vmsOf(
      { vcpu: 2, memoryMiB: 1024, packages: ["git"], vsock: false, users: { bob: { uid: 1001, gid: 1001 } } },
      {
        a: {},
        b: { vcpu: 4, packages: ["jq"], vsock: {}, users: { eve: { uid: 1002, gid: 1002 } } },
      },
    );
    expect(a).toMatchObject({
      machine: { vcpu: 2, memoryMiB: 1024, vsockCid: null },
      guest: { packages: [{ attribute: ["git"] }] },
    });
    expect(b).toMatchObject({
      machine: { vcpu: 4, memoryMiB: 1024 },
      guest: { packages: [{ attribute: ["git"] }, { attribute: ["jq"] }] },
    });
    expect(b?.machine.vsockCid).not.toBeNull();
    expect(b?.guest.users.map(({ name }) => name)).toEqual(["alice", "bob", "eve"]);
  });

  it("can be removed with `unset`, and lists with `replace`", () => {
    const { a } = vmsOf({ vcpu: 2, packages: ["git"] }, { a: { vcpu: unset, packages: replace(["jq"]) } });
    expect(a).toMatchObject({ machine: { vcpu: 8 }, guest: { packages: [{ attribute: ["jq"] }] } });
  });

  it("suggest the VM's setting for an option of microvm.nix", () => {
    const planned = result({ microvm: { mem: 512 } }, { a: {} });
    expect(planned._tag === "Left" && planned.left.map(({ remedy }) => remedy)).toEqual([
      "Use `memoryMiB` of the VM itself.",
    ]);
  });

  it.each<[string, unknown, unknown, ...string[]]>([
    ["a wrong value, once for all VMs", { vcpu: 0 }, { a: {}, b: {} }, "bad-value hosts.h.vmDefaults.vcpu"],
    ["a wrong value that no VM keeps", { vcpu: 0 }, { a: { vcpu: 1 } }, "bad-value hosts.h.vmDefaults.vcpu"],
    ["a wrong value where there is no VM", { vcpu: 0 }, {}, "bad-value hosts.h.vmDefaults.vcpu"],
    ["a wrong value of a VM's own", { vcpu: 1 }, { a: { vcpu: 0 }, b: {} }, "bad-value hosts.h.vms.a.vcpu"],
    ["a setting that there is not", { vcpus: 1 }, { a: {}, b: {} }, "unknown-key hosts.h.vmDefaults.vcpus"],
    ["an index, which is one VM's", { index: 1 }, { a: {} }, "unknown-key hosts.h.vmDefaults.index"],
    ["no object", 5, { a: {} }, "wrong-type hosts.h.vmDefaults"],
    [
      "what is missing in a list's item",
      { shares: [{ tag: "t" }] },
      { a: {}, b: { shares: [] } },
      "missing-key hosts.h.vmDefaults.shares[0].source",
    ],
    [
      "items of joined lists",
      { packages: ["git", "a b"] },
      { a: { packages: ["jq", "c d"] }, b: {} },
      "bad-value hosts.h.vmDefaults.packages[1]",
      "bad-value hosts.h.vms.a.packages[1]",
    ],
    [
      "an item of a list that is replaced",
      { packages: ["git", "jq"] },
      { a: { packages: replace(["c d"]) } },
      "bad-value hosts.h.vms.a.packages[0]",
    ],
    [
      "parts of an object that both write",
      { users: { bob: { uid: 1001, gid: 1001, group: "a b" } } },
      { a: { users: { bob: { uid: 0, gid: 1001 } } } },
      "bad-value hosts.h.vms.a.users.bob.uid",
      "bad-value hosts.h.vmDefaults.users.bob.group",
    ],
    [
      "a bridge that the host has not",
      { interfaces: [{ bridge: "br9" }] },
      { a: {}, b: {} },
      "unknown-bridge hosts.h.vmDefaults.interfaces[0].bridge hosts.h.vms.a.interfaces[0].bridge hosts.h.vms.b.interfaces[0].bridge",
    ],
    [
      "two things at one mount point, one of each",
      { shares: [{ tag: "t", source: "/srv/t", mountPoint: "/data" }] },
      { a: { shares: [{ tag: "u", source: "/srv/u", mountPoint: "/data" }] } },
      "duplicate-mount-point hosts.h.vms.a.shares[0].mountPoint hosts.h.vmDefaults.shares[0].mountPoint",
    ],
    [
      "an address that all VMs would have",
      { interfaces: [{ address: "10.0.0.9" }] },
      { a: {}, b: {} },
      "duplicate-address hosts.h.vmDefaults.interfaces[0].address hosts.h.vmDefaults.interfaces[0].address",
    ],
  ])("have their problems at their own place: %s", (_, vmDefaults, vms, ...problems) => {
    expect(problemsOf(vmDefaults, vms)).toEqual(problems);
  });
});
