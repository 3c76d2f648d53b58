import fc from "fast-check";
import { assert, describe, expect, it } from "vitest";
import { claudeCode, emptyLock, formatPath, type Lock, planConfig, type Resolution, zsh } from "../src/index.js";
import { config } from "./config.js";

const planned = (input: unknown, lock: Lock = emptyLock): Resolution => {
  const result = planConfig(input, lock);
  assert(result._tag === "Right", JSON.stringify(result));
  return result.right.value;
};

const identities = ({ plan }: Resolution): Record<string, unknown> =>
  Object.fromEntries(
    plan.hosts.flatMap(({ vms }) =>
      vms.map(({ name, index, machine: { vsockCid }, network: { interfaces } }) => [
        name,
        [
          index,
          vsockCid?.value,
          ...interfaces.map(({ id, mac, addresses }) => [id, mac, ...addresses].map(({ value }) => value).join(" ")),
        ],
      ]),
    ),
  );

describe("an index", () => {
  it("gives tap, MAC, address and CID in the article's pattern", () => {
    expect(identities(planned(config({ a: { index: 4 }, b: { index: 5 } })))).toEqual({
      a: [4, 7, "microvm4 02:00:00:00:00:05 10.0.0.6"],
      b: [5, 8, "microvm5 02:00:00:00:00:06 10.0.0.7"],
    });
  });

  it("is not one whose CID another VM sets", () => {
    expect(identities(planned(config({ a: { index: 5, vsock: { cid: 3 } }, b: {} })))).toEqual({
      a: [5, 3, "microvm5 02:00:00:00:00:06 10.0.0.7"],
      b: [1, 4, "microvm1 02:00:00:00:00:02 10.0.0.3"],
    });
  });

  it("is the next free one in the order of names, not of the config", () => {
    expect(identities(planned(config({ c: {}, a: {}, b: { index: 0 } })))).toEqual({
      a: [1, 4, "microvm1 02:00:00:00:00:02 10.0.0.3"],
      b: [0, 3, "microvm0 02:00:00:00:00:01 10.0.0.2"],
      c: [2, 5, "microvm2 02:00:00:00:00:03 10.0.0.4"],
    });
  });

  it("skips the gateway, and indexes whose values are set", () => {
    const bridges = { br0: { address: "10.0.0.3/24" } };
    const vms = { a: {}, z: { index: 9, interfaces: [{ address: "10.0.0.2" }] } };
    expect(identities(planned(config(vms, { bridges })))).toEqual({
      a: [2, 5, "microvm2 02:00:00:00:00:03 10.0.0.4"],
      z: [9, 12, "microvm9 02:00:00:00:00:0a 10.0.0.2"],
    });
  });

  it("does not change values that are set", () => {
    const vm = { vsock: { cid: 77 }, interfaces: [{ tap: "t", mac: "06:00:00:00:00:01", address: "10.0.0.200" }] };
    expect(identities(planned(config({ a: vm })))).toEqual({ a: [0, 77, "t 06:00:00:00:00:01 10.0.0.200"] });
  });

  it("gives each interface of a VM different identifiers", () => {
    const bridges = { br0: { address: "10.0.0.1/24" }, br1: { address: "10.0.1.1/24" } };
    const vm = { index: 4, interfaces: [{ bridge: "br0" }, { bridge: "br1" }] };
    expect(identities(planned(config({ a: vm }, { bridges })))).toEqual({
      a: [4, 7, "microvm4 02:00:00:00:00:05 10.0.0.6", "microvm4-1 02:01:00:00:00:05 10.0.1.6"],
    });
  });

  it("can be large", () => {
    const bridges = { br0: { address: "10.0.0.1/8" } };
    expect(identities(planned(config({ a: { index: 9_999_999 } }, { bridges })))).toEqual({
      a: [9_999_999, 10_000_002, "microvm9999999 02:00:00:98:96:80 10.152.150.129"],
    });
  });
});

describe("a network", () => {
  /** Each VM's interfaces: where they are, the addresses they have, and whether they ask. */
  const links = (input: unknown): unknown =>
    Object.fromEntries(
      (planned(input).plan.hosts[0]?.vms ?? []).map(({ name, network: { interfaces } }) => [
        name,
        interfaces.map(({ type, network, dhcp, addresses }) =>
          [network?.name ?? type, ...addresses.map(({ value }) => value), ...(dhcp ? ["dhcp"] : [])].join(" "),
        ),
      ]),
    );

  it("with IPv4 and IPv6 gives an address of each", () => {
    const bridges = { br0: { address: "10.0.0.1/24", ipv6: "fd00::1/64" } };
    const vms = { a: { index: 8 }, b: { interfaces: [{ ipv6: "FD00::0:20" }] } };
    expect(links(config(vms, { bridges }))).toEqual({
      a: ["br0 10.0.0.10 fd00::a"],
      b: ["br0 10.0.0.2 fd00::20"],
    });
  });

  it("with only IPv6 gives an IPv6 address, and skips the host's", () => {
    const bridges = { br0: { ipv6: "fd00::2/64" } };
    expect(links(config({ a: {}, b: {} }, { bridges }))).toEqual({ a: ["br0 fd00::3"], b: ["br0 fd00::4"] });
  });

  it("with a DHCP server leases a VM the address of its index, and gives no static address in the range", () => {
    const bridges = { br0: { address: "10.0.0.1/24", dhcp: { from: "10.0.0.2", to: "10.0.0.99" } } };
    const vms = { a: {}, b: { interfaces: [{ address: "dhcp" }] } };
    expect(links(config(vms, { bridges }))).toEqual({ a: ["br0 10.0.0.100"], b: ["br0 10.0.0.2 dhcp"] });
  });

  it("in a LAN has MACs from the names of host and VM", () => {
    const lan = { lan: { ports: ["eno1"], address: "dhcp", network: "open" }, br0: { address: "10.0.0.1/24" } };
    const host = {
      stateVersion: "26.05",
      user: { name: "alice", sshKeys: [] },
      bridges: { ...lan, virbr0: { existing: true, network: "open" } },
      vms: {
        a: {
          network: "open",
          interfaces: [
            { bridge: "lan", address: "dhcp" },
            { bridge: "br0" },
            { type: "macvtap", link: "eno2", mode: "bridge" },
            { bridge: "lan", address: "dhcp", mac: "02:00:00:00:00:99" },
            { bridge: "virbr0" },
          ],
        },
      },
    };
    const macs = (of: object): readonly (readonly string[])[] =>
      planned({ hosts: of }).plan.hosts.map(({ vms }) =>
        vms.flatMap((vm) => vm.network.interfaces.map(({ mac }) => mac.value)),
      );
    const [first, second] = macs({ h: host, i: host });
    assert(first !== undefined && second !== undefined);
    const byName = /^06(:[0-9a-f]{2}){5}$/;
    expect(first).toEqual([
      expect.stringMatching(byName),
      "02:01:00:00:00:01",
      expect.stringMatching(byName),
      "02:00:00:00:00:99",
      expect.stringMatching(byName),
    ]);
    expect(new Set([...first, ...second]).size).toBe(3 + 3 + 2);
    // Neither the index nor other hosts and VMs change them.
    const moved = { ...host, vms: { 0: {}, a: { ...host.vms.a, index: 7 } } };
    const vms = { ...moved.vms, 0: { interfaces: [{ bridge: "br0" }] } };
    expect(macs({ h: { ...moved, vms } })[0]?.filter((mac) => mac.startsWith("06:"))).toEqual(
      first.filter((mac) => mac.startsWith("06:")),
    );
  });

  it.each<[string, object, object, readonly string[]]>([
    ["one LAN", { address: "192.168.1.8/24" }, { address: "192.168.1.9/24" }, ["hosts.i.vms.a"]],
    [
      "the host's own address",
      { address: "192.168.1.8/24" },
      { address: "192.168.1.8/24" },
      ["hosts.i.bridges.lan.address", "hosts.i.vms.a"],
    ],
    ["overlapping LANs", { address: "192.168.1.8/24" }, { address: "192.168.0.9/16", gateway: "192.168.1.1" }, []],
    ["LANs apart", { address: "192.168.1.8/24" }, { address: "192.168.2.8/24" }, []],
    ["no LAN", { address: "192.168.1.8/24" }, { address: "192.168.1.9/24", ports: [] }, []],
    [
      "IPv6",
      { address: "192.168.1.8/24", ipv6: "fd00::1/64" },
      { address: "192.168.2.8/24", ipv6: "fd00::1/64" },
      ["hosts.i.bridges.lan.ipv6", "hosts.i.vms.a"],
    ],
  ])("in a LAN causes a warning for an address of two hosts: %s", (_, first, second, told) => {
    const host = (lan: object): object => ({
      stateVersion: "26.05",
      user: {
        name: "alice",
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"],
      },
      bridges: { lan: { ports: ["eno1"], network: "open", ...lan } },
      vms: { a: {} },
    });
    const result = planConfig({ hosts: { h: host(first), i: host(second) } }, emptyLock);
    assert(result._tag === "Right");
    expect(result.right.warnings.map(({ code, path }) => `${code} ${formatPath(path)}`)).toEqual(
      told.map((path) => `duplicate-in-lan ${path}`),
    );
  });

  it("in a LAN causes a warning for a MAC of two hosts", () => {
    const host = (mac: string, bridge = "lan"): object => ({
      stateVersion: "26.05",
      user: {
        name: "alice",
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"],
      },
      bridges: { lan: { ports: ["eno1"], address: "dhcp", network: "open" }, own: { address: "10.0.0.1/24" } },
      vms: { a: { interfaces: [{ bridge, mac, ...(bridge === "lan" && { address: "dhcp" }) }] } },
    });
    const warned = (first: object, second: object): readonly string[] => {
      const result = planConfig({ hosts: { h: first, i: second } }, emptyLock);
      const problems = result._tag === "Left" ? result.left : result.right.warnings;
      return problems.map(({ code, path }) => `${code} ${formatPath(path)}`);
    };
    expect(warned(host("02:00:00:00:00:99"), host("02:00:00:00:00:99"))).toEqual([
      "duplicate-in-lan hosts.i.vms.a.interfaces[0].mac",
    ]);
    expect(warned(host("02:00:00:00:00:98"), host("02:00:00:00:00:99"))).toEqual([]);
    const ofNoLan = host("02:00:00:00:00:99", "own");
    expect(warned(ofNoLan, ofNoLan)).toEqual([]);
    expect(warned(host("02:00:00:00:00:99"), ofNoLan)).toEqual([]);
  });

  it("has its DHCP range in the upper half of the subnet", () => {
    const [network] =
      planned(config({}, { bridges: { br0: { address: "10.0.0.1/24", dhcp: true } } })).plan.hosts[0]?.networks ?? [];
    assert(network?.kind === "bridge");
    expect([network.dhcp?.from.value, network.dhcp?.to.value]).toEqual(["10.0.0.128", "10.0.0.254"]);
  });

  it("in a LAN has no addresses of VMs with DHCP", () => {
    const bridges = { lan: { address: "192.168.1.2/24", gateway: "192.168.1.1", ports: ["eno1"], network: "open" } };
    const vms = {
      a: { interfaces: [{ address: "dhcp" }] },
      b: { interfaces: [{ address: "192.168.1.9" }] },
      c: { network: "open", interfaces: [{ type: "macvtap", link: "eno2", mode: "vepa", address: "192.168.2.9/24" }] },
      d: { network: "open", interfaces: [{ type: "user" }], hypervisor: "qemu" },
    };
    const resolution = planned(config(vms, { bridges }));
    expect(links(config(vms, { bridges }))).toEqual({
      a: ["lan dhcp"],
      b: ["lan 192.168.1.9"],
      c: ["macvtap 192.168.2.9"],
      d: ["user dhcp"],
    });
    const gateways = resolution.plan.hosts[0]?.networks.flatMap(({ subnets }) =>
      subnets.map(({ gateway }) => gateway?.value),
    );
    expect(gateways).toEqual(["192.168.1.1"]);
  });

  it("is a bridge, a VLAN or the routed network", () => {
    const bridges = {
      br0: { address: "10.0.0.1/24", vlans: { 20: { address: "10.0.20.1/24" }, 3: { ipv6: "fd03::1/64" } } },
    };
    const routed = { address: "10.9.0.1/24" };
    const interfaces = [{}, { vlan: 20 }, { vlan: 3 }, { routed: true }];
    expect(planned(config({}, { bridges, routed })).plan.hosts[0]?.networks.map(({ name }) => name)).toEqual([
      "br0",
      "br0.3",
      "br0.20",
      "the routed network",
    ]);
    expect(links(config({ a: { interfaces } }, { bridges, routed }))).toEqual({
      a: ["br0 10.0.0.2", "br0.20 10.0.20.2", "br0.3 fd03::2", "the routed network 10.9.0.2"],
    });
  });

  it("is the routed network on a host without bridges, and none for a VM without interfaces", () => {
    const routed = { address: "10.9.0.1/24" };
    expect(links(config({ a: {}, b: { interfaces: [] } }, { bridges: {}, routed }))).toEqual({
      a: ["the routed network 10.9.0.2"],
      b: [],
    });
  });

  it("never gives an address twice, or a reserved address", () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 20 });
    const host = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(names, host, fc.boolean(), (vms, own, asks) => {
        const bridges = {
          br0: { address: `10.0.0.${String(own)}/26`, ipv6: `fd00::${own.toString(16)}/64`, dhcp: true },
        };
        const interfaces = asks ? [{ address: "dhcp" }] : [{}];
        const input = config(Object.fromEntries(vms.map((name) => [name, { interfaces }])), { bridges });
        const given = (planned(input).plan.hosts[0]?.vms ?? []).flatMap((vm) =>
          vm.network.interfaces.flatMap(({ addresses }) => addresses.map(({ value }) => value)),
        );
        expect(new Set(given).size).toBe(2 * vms.length);
        for (const address of [`10.0.0.${String(own)}`, `fd00::${own.toString(16)}`, "10.0.0.0", "10.0.0.63", "fd00::"])
          expect(given).not.toContain(address);
      }),
    );
  });
});

describe("the lock", () => {
  const vmNames = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { maxLength: 12 });
  const withVms = (names: readonly string[]): unknown => config(Object.fromEntries(names.map((name) => [name, {}])));

  it("keeps the identity of each VM when others are added or removed", () => {
    fc.assert(
      fc.property(vmNames, vmNames, (before, after) => {
        const first = planned(withVms(before));
        const second = planned(withVms(after), first.lock);
        const kept = identities(first);
        for (const [name, identity] of Object.entries(identities(second)))
          if (name in kept) expect(identity).toEqual(kept[name]);
        expect(new Set(Object.values(second.lock.hosts["h"] ?? {})).size).toBe(after.length);
      }),
    );
  });

  const indexesOf = (resolution: Resolution): Record<string, number> =>
    Object.fromEntries(resolution.plan.hosts.flatMap(({ vms }) => vms.map(({ name, index }) => [name, index])));
  /** The resolutions of one config after another, each with the lock of the one before. */
  const inTurn = (...configs: readonly unknown[]): readonly Resolution[] => {
    const resolutions: Resolution[] = [];
    for (const each of configs) resolutions.push(planned(each, resolutions.at(-1)?.lock));
    return resolutions;
  };

  it("gives a new VM no freed index, and a VM that returns its former one", () => {
    fc.assert(
      fc.property(fc.array(vmNames, { minLength: 1, maxLength: 6 }), (steps) => {
        const owners = new Map<number, string>();
        const last = new Map<string, number>();
        for (const resolution of inTurn(...steps.map(withVms)))
          for (const [name, index] of Object.entries(indexesOf(resolution))) {
            expect(owners.get(index) ?? name).toBe(name);
            expect(last.get(name) ?? index).toBe(index);
            owners.set(index, name);
            last.set(name, index);
          }
      }),
      { numRuns: 40 },
    );
  });

  it("keeps freed indexes in order of time", () => {
    const resolutions = inTurn(withVms(["a", "b", "c"]), withVms(["a", "c"]), withVms(["c"]), withVms(["c", "d"]));
    expect(resolutions.at(-1)?.lock).toEqual({
      version: 2,
      hosts: { h: { c: 2, d: 3 } },
      freed: {
        h: [
          { vm: "b", index: 1 },
          { vm: "a", index: 0 },
        ],
      },
    });
  });

  it("reuses the index that was freed first when the subnet has no other", () => {
    const bridges = { br0: { address: "10.0.0.1/29" } };
    const small = (...names: readonly string[]): unknown =>
      config(Object.fromEntries(names.map((name) => [name, {}])), { bridges });
    const [, , , last] = inTurn(
      small("a", "b", "c", "d", "e"),
      small("a", "b", "d", "e"),
      small("b", "d", "e"),
      small("b", "d", "e", "new"),
    );
    assert(last !== undefined);
    expect(indexesOf(last)).toEqual({ b: 1, d: 3, e: 4, new: 2 });
    expect(last.lock.freed).toEqual({ h: [{ vm: "a", index: 0 }] });
    const full = planConfig(small("b", "d", "e", "new", "x", "y"), last.lock);
    assert(full._tag === "Left");
    expect(full.left.map(({ code }) => code)).toEqual(["subnet-full"]);
  });

  it("frees the old index of a VM with a new `index`, unless another VM sets it", () => {
    const resolutions = inTurn(
      config({ a: {}, b: { index: 7 } }),
      config({ a: {}, b: { index: 8 } }),
      config({ a: {}, b: { index: 8 }, c: {}, d: { index: 7 } }),
    );
    expect(resolutions[1]?.lock).toEqual({
      version: 2,
      hosts: { h: { a: 0, b: 8 } },
      freed: { h: [{ vm: "b", index: 7 }] },
    });
    expect(resolutions[2]?.lock).toEqual({ version: 2, hosts: { h: { a: 0, b: 8, c: 1, d: 7 } } });
  });

  it("keeps the hosts that the config does not have", () => {
    const { lock } = planned(withVms(["a", "b"]));
    const other: Lock = {
      ...lock,
      hosts: { ...lock.hosts, other: { x: 4 } },
      freed: { other: [{ vm: "y", index: 0 }] },
    };
    expect(planned(withVms(["b"]), other).lock).toEqual({
      version: 2,
      hosts: { h: { b: 1 }, other: { x: 4 } },
      freed: { h: [{ vm: "a", index: 0 }], other: [{ vm: "y", index: 0 }] },
    });
  });

  it("of version 1 is read", () => {
    expect(planned(withVms(["b"]), { version: 1, hosts: { h: { b: 5 } } }).lock).toEqual({
      version: 2,
      hosts: { h: { b: 5 } },
    });
  });

  describe("with renamedFrom", () => {
    const renamed = config({ a: {}, c: { renamedFrom: "b" }, d: {} });
    const before = config({ a: {}, b: {} });

    it("gives the VM its former index once", () => {
      const resolutions = inTurn(before, renamed, renamed, config({ a: {}, c: {}, d: {} }), config({ d: {} }));
      const after = { a: 0, c: 1, d: 2 };
      expect(resolutions.map(indexesOf)).toEqual([{ a: 0, b: 1 }, after, after, after, { d: 2 }]);
      expect(resolutions[2]?.lock).toEqual({ version: 2, hosts: { h: after } });
    });

    it("gives the VM its former index even one run later", () => {
      const resolutions = inTurn(before, config({ a: {}, c: {} }), renamed);
      expect(resolutions.map(indexesOf)).toEqual([
        { a: 0, b: 1 },
        { a: 0, c: 2 },
        { a: 0, c: 1, d: 3 },
      ]);
    });

    const warningsOf = (lock: Lock, renamedFrom: string): readonly (readonly [string, string])[] => {
      const planning = planConfig(config({ a: {}, c: { renamedFrom } }), lock);
      assert(planning._tag === "Right");
      return planning.right.warnings.map(({ code, remedy }) => [code, remedy]);
    };
    const unknown = "renamed-from-unknown";

    it.each<[string, Lock, readonly (readonly [string, string])[]]>([
      ["an empty lock", emptyLock, [[unknown, "Remove `renamedFrom`."]]],
      ["a lock with others", { version: 2, hosts: { h: { a: 0, bb: 1 } } }, [[unknown, 'Did you mean "bb"?']]],
      ["a lock of another host", { version: 2, hosts: { i: { b: 0 } } }, [[unknown, "Remove `renamedFrom`."]]],
      ["the former name", { version: 2, hosts: { h: { a: 0, b: 1 } } }, []],
      ["the former name, freed", { version: 2, hosts: { h: { a: 0 } }, freed: { h: [{ vm: "b", index: 1 }] } }, []],
      ["the new name", { version: 2, hosts: { h: { a: 0, c: 1 } } }, []],
      ["the new name, freed", { version: 2, hosts: { h: { a: 0 } }, freed: { h: [{ vm: "c", index: 1 }] } }, []],
    ])("causes a warning if the lock has neither name: %s", (_, lock, warnings) => {
      expect(warningsOf(lock, "b")).toEqual(warnings);
    });

    it("does not change `index`", () => {
      expect(indexesOf(inTurn(before, config({ c: { renamedFrom: "b", index: 9 } })).at(-1) as Resolution)).toEqual({
        c: 9,
      });
    });

    it("works for a second rename", () => {
      const twice = config({ a: {}, e: { renamedFrom: "c" }, d: {} });
      expect(inTurn(before, renamed, twice).map(indexesOf).at(-1)).toEqual({ a: 0, d: 2, e: 1 });
    });
  });

  describe("with two VMs at one index", () => {
    const merged: Lock = { version: 2, hosts: { h: { a: 1, b: 0, z: 1 } } };
    const moves = (
      vms: object,
      earlierLocks: readonly Lock["hosts"][string][],
    ): { indexes: unknown; warnings: readonly string[] } => {
      const result = planConfig(config(vms), merged, {
        earlierLocks: earlierLocks.map((h) => ({ version: 2, hosts: { h } })),
      });
      assert(result._tag === "Right", JSON.stringify(result));
      return {
        indexes: indexesOf(result.right.value),
        warnings: result.right.warnings.map(({ code, path, message }) => `${code} ${path.join(".")} ${message}`),
      };
    };
    const message = (vm: string): string =>
      `index-moved hosts.h.vms.${vm} Two VMs have index 1 in the lock file, so ${vm} moves to index 2. 10.0.0.3 becomes 10.0.0.4.`;

    it.each([
      ["the VM that had the index earlier keeps it", [{ b: 0, z: 1 }], "a"],
      ["the latest lock with only one of them decides", [{ a: 1, z: 1 }, { b: 0, z: 1 }, { a: 1 }], "a"],
      ["without such a lock, the first VM by name keeps the index", [], "z"],
    ])("%s", (_, earlier, moved) => {
      const indexes = { a: 1, b: 0, z: 1, [moved]: 2 };
      expect(moves({ z: {}, a: {}, b: {} }, earlier)).toEqual({ indexes, warnings: [message(moved)] });
    });

    it("the VM in the config keeps the index, also after a rename", () => {
      expect(moves({ a: {}, b: {} }, [{ z: 1 }])).toEqual({ indexes: { a: 1, b: 0 }, warnings: [] });
      expect(moves({ b: {}, n: { renamedFrom: "z" }, a: {} }, [{ z: 1 }])).toEqual({
        indexes: { a: 2, b: 0, n: 1 },
        warnings: [message("a")],
      });
    });

    it("the VM with `index` keeps it", () => {
      expect(moves({ z: { index: 1 }, a: {}, b: {} }, [{ a: 1 }])).toEqual({
        indexes: { a: 2, b: 0, z: 1 },
        warnings: [message("a")],
      });
    });
  });

  it("gives the same plan when it is used again", () => {
    fc.assert(
      fc.property(vmNames, (names) => {
        const first = planned(withVms(names));
        expect(planned(withVms(names), first.lock)).toEqual(first);
      }),
    );
  });
});

describe("a plan", () => {
  const full = config(
    {
      b: { agent: claudeCode(), home: [{ program: "zsh", history: { save: 2, size: 1 } }] },
      a: { groups: { y: { gid: 8 }, x: { gid: 9 } } },
    },
    {},
    { inputs: { z: "path:z", y: { url: "path:y", follows: { nixpkgs: "nixpkgs", z: "z" } } } },
  );

  /** The same data with the keys of every object in another order. */
  const permuted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(permuted);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, inner]) => [key, permuted(inner)] as const)
        .reverse(),
    );
  };

  it("does not depend on the order of keys", () => {
    expect(JSON.stringify(planned(permuted(full)))).toBe(JSON.stringify(planned(full)));
  });

  it.each([
    ["github:nixos/nixpkgs/nixos-25.11", "github:nix-community/home-manager/release-25.11"],
    ["github:NixOS/nixpkgs/nixos-25.11-small", "github:nix-community/home-manager/release-25.11"],
    ["github:nixos/nixpkgs/nixos-unstable", "github:nix-community/home-manager"],
    ["path:/srv/nixpkgs", "github:nix-community/home-manager/release-26.05"],
  ])("with a nixpkgs from %s has a home-manager from %s", (nixpkgs, homeManager) => {
    const { plan } = planned(config({ a: { home: [zsh()] } }, {}, { inputs: { nixpkgs } }));
    expect(plan.inputs.find(({ name }) => name === "home-manager")?.url).toBe(homeManager);
  });

  it("declares the used default inputs and those of the config", () => {
    expect(planned(full).plan.inputs.map(({ name }) => name)).toEqual([
      "nixpkgs",
      "nixpkgs-unstable",
      "microvm",
      "home-manager",
      "y",
      "z",
    ]);
    expect(planned(config({ a: {} })).plan.inputs.map(({ name }) => name)).toEqual(["nixpkgs", "microvm"]);
  });

  it("takes agents from nixpkgs if its URL is that of nixpkgs-unstable", () => {
    const nixpkgs = "github:nixos/nixpkgs/nixos-unstable";
    const inputsWith = (inputs: object): readonly string[] =>
      planned(config({ a: { agent: claudeCode() } }, {}, { inputs })).plan.inputs.map(({ name }) => name);
    expect(inputsWith({ nixpkgs })).toEqual(["nixpkgs", "microvm"]);
    expect(inputsWith({ nixpkgs, "nixpkgs-unstable": "path:u" })).toEqual(["nixpkgs", "nixpkgs-unstable", "microvm"]);
    expect(inputsWith({})).toEqual(["nixpkgs", "nixpkgs-unstable", "microvm"]);
  });

  it("keeps `follows` of a default input when only its URL changes", () => {
    const inputs = { microvm: "path:m", nixpkgs: { url: "path:n" } };
    expect(planned(config({}, {}, { inputs })).plan.inputs).toEqual([
      { name: "nixpkgs", url: "path:n", follows: {}, flake: true },
      { name: "microvm", url: "path:m", follows: { nixpkgs: "nixpkgs" }, flake: true },
    ]);
  });

  it("marks folders and their parents that a guest could replace with a symlink", () => {
    const dangerous = "b looks after all of them";
    const shares = [{ tag: "all", source: "~/src", mountPoint: "/src" }];
    const inner = { workspace: false, shares: [{ tag: "a", source: "~/src/x/a", dangerous }] };
    const vms = planned(config({ a: inner, b: { workspace: false, shares } })).plan.hosts[0]?.vms;
    expect(vms?.flatMap((vm) => vm.storage.directories.flatMap(({ exposed }) => exposed))).toEqual([
      "/home/alice/src/x",
      "/home/alice/src/x",
      "/home/alice/src/x/a",
    ]);
  });

  it("marks all parents inside the outermost writable share, also outside of homes", () => {
    const shares = ["/srv/out", "/srv/out/x", "/srv/out/x/y/z"].map((source, at) => ({
      tag: `s${String(at)}`,
      source,
      ...(at > 0 && { dangerous: "the agent replaces none of them" }),
    }));
    const [vm] = planned(config({ a: { shares } })).plan.hosts[0]?.vms ?? [];
    expect(
      vm?.storage.directories.flatMap(({ path, exposed }) => (exposed.length > 0 ? [[path, exposed]] : [])),
    ).toEqual([
      ["/srv/out/x", ["/srv/out/x"]],
      ["/srv/out/x/y/z", ["/srv/out/x", "/srv/out/x/y", "/srv/out/x/y/z"]],
    ]);
  });

  it("has a symlink to the agent's state, unless it is mounted at that place", () => {
    const states = planned(config({ a: { agent: "claude-code" }, b: { agent: "opencode" } })).plan.hosts[0]?.vms.map(
      ({ agent }) => [agent?.state?.parents, agent?.state?.links],
    );
    expect(states).toEqual([
      [[], { "/home/alice/.claude": "/home/alice/claude-microvm" }],
      [["/home/alice/.local", "/home/alice/.local/share"], {}],
    ]);
  });

  it("keeps the repository of a workspace on a disk of the VM", () => {
    const storageOf = (vm: object) => planned(config({ a: vm })).plan.hosts[0]?.vms[0]?.storage;
    const images = (vm: object): readonly unknown[] =>
      (storageOf(vm)?.volumes ?? []).map(({ image, mountPoint }) => [image, mountPoint?.value]);
    const repo = "~/src/project";
    const here = ["hosts", "h", "vms", "a", "workspace"];
    expect(storageOf({ workspace: { repo } })).toMatchObject({
      workspace: null,
      repository: { mountPoint: { value: "/workspace" }, clone: { value: repo, path: [...here, "repo"] } },
    });
    expect(storageOf({ workspace: { repo } })?.shares.map(({ role }) => role)).not.toContain("workspace");
    expect(images({ workspace: { repo } })).toEqual([
      ["var.img", "/var"],
      ["workspace.img", "/workspace"],
    ]);
    const volumes = [{ image: "root.img", mountPoint: "/", sizeMiB: 1 }];
    expect(images({ workspace: { repo }, volumes })).toEqual([["root.img", "/"]]);
    expect(images({ workspace: { transport: "git", mountPoint: "/var/work" } })).toEqual([["var.img", "/var"]]);
    expect(images({ workspace: { transport: "git", mountPoint: "/variable" } })).toHaveLength(2);
    expect(storageOf({ workspace: { transport: "git" } })?.repository).toMatchObject({ clone: null });
  });

  it("shares the folder of a workspace at its mount point", () => {
    const storageOf = (vm: object) => planned(config({ a: vm })).plan.hosts[0]?.vms[0]?.storage;
    const shared = (workspace: object): unknown =>
      storageOf({ workspace })?.shares.find(({ role }) => role === "workspace");
    expect(shared({ mountPoint: "/workspace" })).toMatchObject({
      source: "/home/alice/microvm/a",
      mountPoint: { value: "/workspace" },
    });
    expect(shared({ repo: "~/x", transport: "share" })).toMatchObject({
      source: "/home/alice/x",
      mountPoint: { value: "/home/alice/x" },
    });
    expect(storageOf({ workspace: { mountPoint: "/workspace" } })?.repository).toBeNull();
  });

  it("has the folders of a VM, parents first, and host keys outside of the workspace", () => {
    const [vm] = planned(config({ a: { agent: "claude-code" } })).plan.hosts[0]?.vms ?? [];
    const alice = { owner: "user", exposed: [] };
    expect(vm?.storage.directories).toEqual([
      { path: "/home/alice/claude-microvm", ...alice, mode: "0700" },
      { path: "/home/alice/microvm", ...alice, mode: "0755" },
      { path: "/home/alice/microvm/a", ...alice, mode: "0755" },
      { path: "/var/lib/microvm-host-keys/a", owner: "root", mode: "0700", exposed: [] },
    ]);
    expect(
      vm?.storage.shares.map(({ tag, source, mountPoint, readOnly }) => [
        tag.value,
        source,
        mountPoint.value,
        readOnly,
      ]),
    ).toEqual([
      ["ro-store", "/nix/store", "/nix/.ro-store", true],
      ["ssh-keys", "/var/lib/microvm-host-keys/a", "/etc/ssh/host-keys", true],
      ["claude-credentials", "/home/alice/claude-microvm", "/home/alice/claude-microvm", false],
      ["workspace", "/home/alice/microvm/a", "/home/alice/microvm/a", false],
    ]);
  });
});
