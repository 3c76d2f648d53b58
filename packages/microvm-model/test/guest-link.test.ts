/** What a guest's systemd-networkd is told of each kind of interface, as whole files. */
import { assert, describe, expect, it } from "vitest";
import { emptyLock, planConfig } from "../src/index.js";
import { linkFileText, linkOf } from "../src/resolve/guest-link.js";
import { config } from "./config.js";

const host = {
  bridges: {
    br0: { address: "10.0.0.1/24", ipv6: "fd00::1/64", nat: true },
    lan: { ports: ["eno1"], address: "dhcp" },
  },
  routed: { address: "10.9.0.1/24" },
};

const filesOf = (interfaces: readonly object[], around: object = host): readonly string[] => {
  const input = config({ a: { network: "open", nameservers: ["9.9.9.9"], interfaces } }, around);
  const result = planConfig(input, emptyLock);
  assert(result._tag === "Right", JSON.stringify(result));
  const [vm] = result.right.value.plan.hosts[0]?.vms ?? [];
  assert(vm);
  return vm.network.interfaces.map(
    (link, position) => `# ${linkOf(link, position).name}\n${linkFileText(link, position, vm.network.nameservers)}`,
  );
};

const onBridge = { bridge: "br0", mac: "02:00:00:00:00:0a" };
const inLan = { bridge: "lan", address: "dhcp", mac: "02:00:00:00:00:0b" };
const routed = { routed: true, mac: "02:00:00:00:00:0c" };

describe("the files of a guest's interfaces", () => {
  it("have a default route on the first only: a bridge, then the routed network", () => {
    expect(filesOf([onBridge, routed])).toEqual([
      `# 10-e
[Match]
PermanentMACAddress=02:00:00:00:00:0a

[Network]
Address=10.0.0.2/24
Address=fd00::2/64
DNS=9.9.9.9

[Route]
Gateway=10.0.0.1

[Route]
Gateway=fd00::1
`,
      `# 10-e1
[Match]
PermanentMACAddress=02:00:00:00:00:0c

[Network]
Address=10.9.0.2/32

[Route]
Destination=10.9.0.0/24
Gateway=10.9.0.1
GatewayOnLink=true
`,
    ]);
  });

  it("have a default route on the first only: the routed network, then a bridge", () => {
    expect(filesOf([routed, onBridge])).toEqual([
      `# 10-e
[Match]
PermanentMACAddress=02:00:00:00:00:0c

[Network]
Address=10.9.0.2/32
DNS=9.9.9.9

[Route]
Gateway=10.9.0.1
GatewayOnLink=true
`,
      `# 10-e1
[Match]
PermanentMACAddress=02:00:00:00:00:0a

[Network]
Address=10.0.0.2/24
Address=fd00::2/64
`,
    ]);
  });

  it("have single addresses of both families in the routed network", () => {
    const [file = ""] = filesOf([routed], { routed: { address: "10.9.0.1/24", ipv6: "fd00:9::1/64" } });
    expect(file.match(/^Address=.*$/gm)).toEqual(["Address=10.9.0.2/32", "Address=fd00:9::2/128"]);
  });

  it("use DHCP for address and default route on the first", () => {
    expect(filesOf([inLan, onBridge])).toEqual([
      `# 10-e
[Match]
PermanentMACAddress=02:00:00:00:00:0b

[Network]
DHCP=ipv4
DNS=9.9.9.9
`,
      `# 10-e1
[Match]
PermanentMACAddress=02:00:00:00:00:0a

[Network]
Address=10.0.0.2/24
Address=fd00::2/64
`,
    ]);
  });

  it("use DHCP for the address only on another", () => {
    expect(filesOf([onBridge, inLan])).toEqual([
      `# 10-e
[Match]
PermanentMACAddress=02:00:00:00:00:0a

[Network]
Address=10.0.0.2/24
Address=fd00::2/64
DNS=9.9.9.9

[Route]
Gateway=10.0.0.1

[Route]
Gateway=fd00::1
`,
      `# 10-e1
[Match]
PermanentMACAddress=02:00:00:00:00:0b

[Network]
DHCP=ipv4

[DHCPv4]
UseGateway=false
`,
    ]);
  });

  it("have no default route if the VM is the gateway", () => {
    const gateway = { bridges: { br0: { address: "10.0.0.1/24", gateway: "10.0.0.9" } } };
    const input = config({ a: { network: "open", interfaces: [{ address: "10.0.0.9" }] } }, gateway);
    const result = planConfig(input, emptyLock);
    assert(result._tag === "Right", JSON.stringify(result));
    const [link] = result.right.value.plan.hosts[0]?.vms[0]?.network.interfaces ?? [];
    assert(link);
    expect(linkOf(link, 0).routes).toEqual([]);
  });
});
