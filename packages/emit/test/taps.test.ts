/** Which taps the host's network joins to which bridge. */
import { type Config, emit, render, type Vm } from "microvm-emit";
import { expect, it } from "vitest";

const br0 = { address: "10.0.0.1/24" };

/** What the networks that join a bridge match. */
const joined = (
  vms: Readonly<Record<string, Vm>>,
  rest: Partial<Config["hosts"][string]> = {},
): Readonly<Record<string, string>> => {
  const user = { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] };
  const result = emit({ hosts: { h: { stateVersion: "26.05", user, bridges: { br0 }, vms, ...rest } } });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  const text = render(result.right.files).find(({ path }) => path === "hosts/h.nix")?.text ?? "";
  const found = text.matchAll(/Name = "([^"]*)";\n *networkConfig\.Bridge = "([^"]*)";/g);
  return Object.fromEntries([...found].map(([, names = "", bridge = ""]) => [bridge, names]));
};

it("are named, so that no other VM's tap joins the bridge", () => {
  expect(joined({})).toEqual({});
  expect(joined({ a: {}, b: { interfaces: [] } })).toEqual({ br0: "microvm0" });
  expect(joined({ a: {}, b: { interfaces: [{ tap: "lan" }] } })).toEqual({ br0: "microvm0 lan" });
});

it("are named by network", () => {
  const bridges = { br0, br1: { address: "10.0.1.1/24" } };
  const vms = { a: { interfaces: [{ bridge: "br0" }] }, b: { interfaces: [{ bridge: "br1" }] } };
  expect(joined(vms, { bridges })).toEqual({ br0: "microvm0", br1: "microvm1" });

  const beside = {
    a: {},
    b: { network: "open", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] },
  } as const;
  expect(joined(beside)).toEqual({ br0: "microvm0" });

  const routed = { address: "10.9.0.1/24" };
  expect(joined({ a: {}, b: { interfaces: [{ routed: true }] } }, { routed })).toEqual({ br0: "microvm0" });
});
