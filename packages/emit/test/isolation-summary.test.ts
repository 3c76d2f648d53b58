/** What a plan says of how far its VMs are apart. */
import { emptyLock, planConfig } from "@microvm-emit/model";
import { assert, describe, expect, it } from "vitest";
import { isolationOn, type IsolationSummary } from "../src/isolation-summary.js";

const nat = { externalInterface: "eno1" };

/** The VM `a` of a host with the VMs and networks that are given. */
const summaryOf = (vms: { readonly a: object } & Readonly<Record<string, object>>, host: object): IsolationSummary => {
  const config = {
    hosts: { h: { stateVersion: "26.05", user: { name: "alice" }, bridges: {}, vms, ...host } },
  };
  const result = planConfig(config, emptyLock);
  assert(result._tag === "Right", JSON.stringify(result));
  const [planned] = result.right.value.plan.hosts;
  assert(planned !== undefined);
  const vm = planned.vms.find(({ name }) => name === "a");
  assert(vm !== undefined);
  return isolationOn(planned)(vm);
};

describe("the way out", () => {
  const bridge = (settings: object): object => ({ bridges: { br0: { address: "10.0.0.1/24", ...settings } } });
  const open = { network: "open" };
  it.each<[string, object, object, IsolationSummary["wayOut"], string]>([
    ["by NAT", {}, bridge({ nat }), { by: "nat", through: "eno1" }, "the internet"],
    [
      "by NAT of the routed network",
      {},
      { routed: { address: "10.9.0.1/24", nat } },
      { by: "nat", through: "eno1" },
      "the internet",
    ],
    ["none without NAT", {}, bridge({}), null, "nothing (no way out: br0 has no nat)"],
    [
      "none without NAT, but to what is listed",
      { network: "allowlist", allow: ["example.org", "172.17.0.2:80"], reachHost: [8080] },
      bridge({}),
      null,
      "example.org; 172.17.0.2:80; the host's tcp 8080 (no way out: br0 has no nat)",
    ],
    [
      "none without NAT for an open VM",
      open,
      bridge({}),
      null,
      "everything but the internet (no way out: br0 has no nat)",
    ],
    [
      "by NAT, not that nothing may take it",
      { network: "none" },
      bridge({ nat }),
      { by: "nat", through: "eno1" },
      "nothing",
    ],
    ["none, as is meant", { network: "none" }, bridge({}), null, "nothing"],
    [
      "into a LAN",
      { ...open, interfaces: [{ address: "dhcp" }] },
      { bridges: { lan: { ports: ["eno2"], address: "dhcp" } } },
      { by: "lan", through: "eno2" },
      "everything",
    ],
    [
      "past the host",
      { ...open, interfaces: [{ type: "macvtap", link: "eno2", mode: "bridge" }] },
      {},
      { by: "lan", through: "eno2" },
      "everything",
    ],
    [
      "by the hypervisor",
      { ...open, hypervisor: "qemu", interfaces: [{ type: "user" }] },
      {},
      { by: "hypervisor", through: "qemu" },
      "everything",
    ],
    ["by another gateway", open, bridge({ gateway: "10.0.0.9" }), { by: "gateway", through: "10.0.0.9" }, "everything"],
    [
      "none by another gateway, which only open VMs reach",
      {},
      bridge({ gateway: "10.0.0.9" }),
      null,
      "nothing (no way out: the gateway of br0 is not the host)",
    ],
    [
      "by addresses that the internet knows",
      {},
      bridge({ ipv6: "2001:4860:83::1/64" }),
      { by: "route", through: "2001:4860:83::/64" },
      "the internet",
    ],
    [
      "by any interface",
      { interfaces: [{ bridge: "br0" }, { bridge: "br1" }] },
      { bridges: { br0: { address: "10.0.0.1/24" }, br1: { address: "10.0.1.1/24", nat } } },
      { by: "nat", through: "eno1" },
      "the internet",
    ],
    [
      "none by any interface",
      { interfaces: [{ bridge: "br0" }, { bridge: "br1" }] },
      { bridges: { br0: { address: "10.0.0.1/24" }, br1: { address: "10.0.1.1/24" } } },
      null,
      "nothing (no way out: br0 has no nat, br1 has no nat)",
    ],
    ["none without an interface", { interfaces: [] }, {}, null, "nothing"],
  ])("is %s", (_, vm, host, wayOut, reaches) => {
    expect(summaryOf({ a: vm }, host)).toMatchObject({ wayOut, reaches });
  });
});

it("says by which ports a VM reaches others", () => {
  const vms = { a: { network: "none", reachVms: ["b", "c:443,80"] }, b: {}, c: { firewall: false } };
  expect(summaryOf(vms, { bridges: { br0: { address: "10.0.0.1/24" } } }).reaches).toBe("the VMs b, c:80,443");
});

describe("who reaches a VM", () => {
  const none: IsolationSummary["reachedBy"] = { vms: [], ports: [], lans: [], everyone: false };
  const host = { bridges: { br0: { address: "10.0.0.1/24", nat } } };
  it.each<[string, Parameters<typeof summaryOf>[0], object, Partial<IsolationSummary["reachedBy"]>]>([
    ["nobody by itself", { a: {}, b: {} }, host, {}],
    [
      "VMs that are to reach it",
      { a: { network: "none" }, b: { reachVms: ["a"] }, c: { reachVms: ["a", "b"] }, d: {} },
      host,
      { vms: ["b", "c"] },
    ],
    [
      "whoever comes to a published port",
      {
        a: {
          firewall: false,
          publish: [
            { host: 8080, guest: 80 },
            { host: 53, guest: 53, proto: "udp" },
          ],
        },
      },
      host,
      {
        ports: [
          { on: "eno1", proto: "tcp", port: 8080, guestPort: 80 },
          { on: "eno1", proto: "udp", port: 53, guestPort: 53 },
        ],
      },
    ],
    [
      "whoever comes to a forwarded port, not the host's that it reaches",
      {
        a: {
          hypervisor: "qemu",
          network: "open",
          firewall: false,
          interfaces: [{ type: "user" }],
          forwardPorts: [
            { host: { port: 8080 }, guest: { port: 80 } },
            { from: "guest", host: { port: 5432 }, guest: { address: "10.0.2.100", port: 5432 } },
          ],
        },
      },
      {},
      { ports: [{ on: null, proto: "tcp", port: 8080, guestPort: 80 }] },
    ],
    ["everyone where it is open", { a: { network: "open" } }, host, { everyone: true }],
    [
      "the LANs that it is in",
      { a: { network: "open", interfaces: [{ address: "dhcp" }, { type: "macvtap", link: "eno3", mode: "bridge" }] } },
      { bridges: { lan: { ports: ["eno2"], address: "dhcp" } } },
      { lans: ["eno2", "eno3"], everyone: true },
    ],
  ])("is %s", (_, vms, networks, reachedBy) => {
    expect(summaryOf(vms, networks).reachedBy).toEqual({ ...none, ...reachedBy });
  });
});
