/** What a host's file hands to the module that holds its VMs. */
import { emit, render, type Vm } from "microvm-emit";
import { expect, it } from "vitest";

/** What is written of the VM `a`, without its taps, on one line. */
const written = (a: Vm): string => {
  const user = { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] };
  const bridges = { br0: { address: "10.0.0.1/24" } };
  const vms = { a, b: {}, c: { firewall: false } };
  const result = emit({ hosts: { h: { stateVersion: "26.05", user, bridges, vms } } });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  const text = render(result.right.files).find(({ path }) => path === "hosts/h.nix")?.text ?? "";
  const [, own = ""] = /modules\/policy\.nix[^]*?\n( *)a = \{\n([^]*?)\n\1\};/.exec(text)?.slice(1) ?? [];
  return own
    .replace(/ *links = [^]*?\n *\];\n/, "")
    .replaceAll(/\s+/g, " ")
    .trim();
};

it("are ports where they are not the usual ones, each domain once", () => {
  const allow = ["a.example", "b.example:443", "a.example", "10.1.0.1", "10.1.0.2:5432"];
  expect(written({ network: "allowlist", allow, nameservers: ["9.9.9.9"] })).toBe(
    'network = "allowlist"; ' +
      'domains = [ { to = "a.example"; } { to = "b.example"; ports = [ "tcp . 443" ]; } ]; ' +
      'nameservers = [ "9.9.9.9" ]; ' +
      'addresses = [ { to = "10.1.0.1"; } { to = "10.1.0.2"; ports = [ "tcp . 5432" ]; } ];',
  );
});

it("are other VMs, by port where the config says so", () => {
  expect(written({ network: "none", reachVms: ["b", "c:80,443"] })).toBe(
    'network = "none"; vms = [ { to = "b"; } { to = "c"; ports = [ "tcp . 80" "tcp . 443" ]; } ];',
  );
});
