/** Tests the network options in a VM's file. */
import { print } from "@microvm-emit/nix-ast";
import { emit, type Vm } from "microvm-emit";
import { expect, it } from "vitest";
import { definitionsOf } from "../src/check/definitions.js";

const options = ["network", "allow", "reachVms", "reachHost"];

/** The options of the VM `a`, each on one line. */
const written = (a: Vm): Readonly<Record<string, string>> => {
  const user = { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] };
  const bridges = { br0: { address: "10.0.0.1/24" } };
  const vms = { a, b: {}, c: { firewall: false } };
  const result = emit({ hosts: { h: { stateVersion: "26.05", user, bridges, vms } } });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  const file = result.right.files.find(({ path }) => path === "hosts/h/vms/a.nix");
  if (file?.kind !== "nix") throw new Error("The VM has no file.");
  return Object.fromEntries(
    options.flatMap((option) =>
      definitionsOf(file.expr, ["microvm-emit", "vms", "a", option]).flatMap(({ value, depth }) =>
        depth === 4 ? [[option, print(value).replaceAll(/\s+/g, " ").trim()]] : [],
      ),
    ),
  );
};

it("allow options have unusual ports only, and each domain once", () => {
  const allow = ["a.example", "b.example:443", "a.example", "10.1.0.1", "10.1.0.2:5432"];
  expect(written({ network: "allowlist", allow })).toEqual({
    network: '"allowlist"',
    allow:
      '[ "a.example" { to = "b.example"; ports = [ 443 ]; } ' + '"10.1.0.1" { to = "10.1.0.2"; ports = [ 5432 ]; } ]',
  });
});

it("reachVms options have the VMs, with ports if the config sets them", () => {
  expect(written({ network: "none", reachVms: ["b", "c:80,443"] })).toEqual({
    network: '"none"',
    reachVms: '[ "b" { to = "c"; ports = [ 80 443 ]; } ]',
  });
});

it("reachHost options have ports, TCP unless the config sets UDP", () => {
  expect(written({ network: "none", reachHost: [8080, "dns"] })).toEqual({
    network: '"none"',
    reachHost: '[ 8080 "udp/53" 53 ]',
  });
});
