/**
 * What VMs may reach, tried on packets: the evaluated rules and networkd units of a host at work in a network namespace, and
 * a namespace for each VM with the tap, MAC and addresses that its runner carries. The names of allowlists are tried in
 * `resolver.test.ts`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "microvm-emit";
import { afterAll, describe, expect, it } from "vitest";
import { evalFlake, nixes, temporaryFolder } from "../nix/harness.js";
import { emitFlake, evaluateHost, type Runner } from "./evaluated.js";
import { BEYOND, openHostNetwork } from "./host-network.js";
import { connect, type Namespace, openNamespace } from "./namespace.js";
import { poll } from "./poll.js";
import { guarded, names, unguarded } from "./policy-config.js";
import { whatIsMissing } from "./requirements.js";

const missing = whatIsMissing();
if (missing !== undefined) console.error(`NOT TESTED, what VMs may reach: ${missing}.`);
console.error("NOT TESTED, what VMs may reach: NixOS's own firewall, and each rule taken out in turn.");

const GATEWAY = "192.168.83.1";
const LAN = "192.168.1.10";
const HOST_IN_LAN = "192.168.1.2";
const LISTED = "203.0.113.9";
const METADATA = "169.254.169.254";

/** A command in a VM's namespace that succeeds where it reaches what it tries; null where it would be itself. */
type Probe = (vm: string) => string | null;

const web = (to: string): string => `curl -s -g -m 1 -o /dev/null "http://${to}/"`;
const ping = (to: string): string => `ping -c 1 -W 1 -q ${to}`;
const addressOf = (vm: string): string => `192.168.83.${String(names.indexOf(vm) + 2)}`;
const toVm =
  (to: string, command: (address: string) => string): Probe =>
  (vm) =>
    vm === to ? null : command(addressOf(to));

/** By what is tried, how; and which of the VMs `names` get there where policies hold, in that order. */
const probes: Readonly<Record<string, readonly [probe: Probe, reached: string]>> = {
  "the gateway by ping": [() => ping(GATEWAY), "y y y y y"],
  "the gateway by IPv6": [() => ping("fd00:83::1"), "y y y y y"],
  "the internet": [() => web(BEYOND), "y y - - y"],
  "a listed address": [() => web(LISTED), "y y y - y"],
  "an allowed port in the LAN": [() => web(`${LAN}:80`), "y - - - y"],
  "another port there": [() => web(`${LAN}:81`), "- - - - y"],
  "a port of the host": [() => web(`${GATEWAY}:8080`), "- y - - y"],
  "another one": [() => web(`${GATEWAY}:8022`), "- - - - y"],
  "it at the host's address in the LAN": [() => web(`${HOST_IN_LAN}:8022`), "- - - - y"],
  "it by IPv6": [() => web("[fd00:83::1]:8022"), "- - - - y"],
  "the cloud's metadata": [() => web(METADATA), "- - - - y"],
  "the VM internet": [toVm("internet", web), ". y - - -"],
  "the VM none": [toVm("none", web), "- - - . -"],
  "the VM open": [toVm("open", web), "- - - - ."],
  "the VM none, through the gateway": [
    toVm("none", (address) => `ip route replace ${address}/32 via ${GATEWAY}; ${web(address)}`),
    "- - - . -",
  ],
  "the VM internet by IPv6": [(vm) => (vm === "internet" ? null : web("[fd00:83::2]")), ". - - - -"],
  "the gateway from an address of nobody's": [
    (vm) => {
      const address = `192.168.83.${String(77 + names.indexOf(vm))}`;
      return `ip addr add ${address}/24 dev eth0; ping -c 1 -W 1 -q -I ${address} ${GATEWAY}`;
    },
    "- - - - y",
  ],
  "the gateway from a MAC of nobody's": [
    (vm) =>
      `ip link set eth0 address 02:00:00:00:77:0${String(names.indexOf(vm))}; ip route replace default via ${GATEWAY}; ${ping(GATEWAY)}`,
    "- - - - y",
  ],
};

const succeeds = (namespace: Namespace, command: string): Promise<boolean> =>
  namespace.run("sh", "-c", command).then(
    () => true,
    () => false,
  );

/** What of a VM's network its kernel's command line says. */
const linesOf = ({ kernelParams }: Runner): readonly string[] =>
  kernelParams
    .filter((parameter) => parameter.includes(":network") || parameter.includes("=network.network."))
    .flatMap((parameter) =>
      Buffer.from(parameter.slice(parameter.indexOf(":") + 1), "base64")
        .toString()
        .split("\n"),
    );

const settings = (lines: readonly string[], key: string): readonly string[] =>
  lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));

interface Lab {
  readonly vms: Readonly<Record<string, Namespace>>;
  readonly host: Namespace;
  readonly beyond: Namespace;
}

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
});

const openLab = async (config: Config): Promise<Lab> => {
  const [nix] = nixes();
  if (nix === undefined) throw new Error("There is no nix.");
  const flake = emitFlake(config);
  const evaluated = await evaluateHost(flake, "lab", false);
  const { rules, sysctls } = (await evalFlake(flake, "nixosConfigurations.lab.config", {
    nix,
    apply: `config: {
      rules = (config.environment.etc."microvm/policy.nft" or { text = ""; }).text;
      sysctls = config.boot.kernel.sysctl;
    }`,
  })) as { readonly rules: string; readonly sysctls: Readonly<Record<string, unknown>> };
  const folder = temporaryFolder();
  const pages = join(folder, "pages");
  mkdirSync(pages);
  writeFileSync(join(pages, "index.html"), "here\n");
  writeFileSync(join(folder, "policy.nft"), rules);

  const network = await openHostNetwork(evaluated, folder);
  closing.push(() => network.close());
  const { host, beyond } = network;
  const serve = (namespace: Namespace, port: number): void => {
    namespace.start(join(folder, "httpd.log"), "busybox", "httpd", "-f", "-p", `[::]:${String(port)}`, "-h", pages);
  };
  await host.script(`
    ip addr add ${HOST_IN_LAN}/24 dev up0
    ip route add ${METADATA} via ${BEYOND}
    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
    nft -f ${join(folder, "policy.nft")}
  `);
  await beyond.script(`
    ip addr add ${LAN}/24 dev lan; ip addr add ${LISTED}/24 dev lan; ip addr add ${METADATA}/32 dev lan
    ip route add 192.168.83.0/24 via 203.0.113.2
  `);
  for (const port of [80, 81]) serve(beyond, port);
  for (const port of [8080, 8022]) serve(host, port);

  const vms = await Promise.all(
    Object.entries(evaluated.runners).map(async ([name, runner]) => {
      const vm = await openNamespace();
      closing.push(() => vm.close());
      const [link] = runner.interfaces;
      if (link === undefined) throw new Error(`${name} has no tap.`);
      await connect(host, link.id, vm, "eth0");
      const lines = linesOf(runner);
      const gateways = settings(lines, "Gateway");
      await vm.script(`
        ip link set eth0 address ${link.mac}
        ip link set eth0 up
        ${settings(lines, "Address")
          .map((address) => `ip addr add ${address} dev eth0${address.includes(":") ? " nodad" : ""}`)
          .join("\n")}
        ${gateways.map((gateway) => `ip route add default via ${gateway}`).join("\n")}
      `);
      await host.script(`ip link set ${link.id} up`);
      serve(vm, 80);
      return [name, vm] as const;
    }),
  );
  for (const [, vm] of vms)
    for (const gateway of [GATEWAY, "fd00:83::1"])
      await poll("the gateway", 20, async () => ((await succeeds(vm, ping(gateway))) ? true : undefined));
  await host.script(
    Object.entries(sysctls)
      .filter(([key]) => key.includes("/microbr/"))
      .map(([key, value]) => `echo ${String(value)} >/proc/sys/${key}`)
      .join("\n"),
  );
  return { vms: Object.fromEntries(vms), host, beyond };
};

const observe = async ({ vms }: Lab): Promise<Readonly<Record<string, string>>> => {
  const rows: [string, string][] = [];
  // One after the other, since some leave an address or route behind; each in all VMs at once.
  for (const [what, [probe]] of Object.entries(probes)) {
    const marks = await Promise.all(
      names.map(async (name) => {
        const [vm, command] = [vms[name], probe(name)];
        if (vm === undefined) throw new Error(`There is no VM ${name}.`);
        if (command === null) return ".";
        return (await succeeds(vm, command)) ? "y" : "-";
      }),
    );
    rows.push([what, marks.join(" ")]);
  }
  return Object.fromEntries(rows);
};

const expected = (mark: (reached: string) => string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(probes).map(([what, [, reached]]) => [what, mark(reached)]));

describe.skipIf(missing !== undefined)("VMs", () => {
  it("reach what their policies say, and are reached from the host alone", async () => {
    const lab = await openLab(guarded);
    for (const name of names) {
      await poll(`${name}'s server`, 10, async () =>
        (await succeeds(lab.host, web(addressOf(name)))) ? true : undefined,
      );
      expect(await succeeds(lab.beyond, web(addressOf(name))), `beyond to ${name}`).toBe(name === "open");
    }
    expect(await observe(lab)).toEqual(expected((reached) => reached));
  });

  it("reach everything where all are open, so that each attempt above is one that could succeed", async () => {
    const lab = await openLab(unguarded);
    for (const name of names)
      await poll(`${name}'s server`, 10, async () =>
        (await succeeds(lab.host, web(addressOf(name)))) ? true : undefined,
      );
    for (const name of names) expect(await succeeds(lab.beyond, web(addressOf(name))), `beyond to ${name}`).toBe(true);
    expect(await observe(lab)).toEqual(expected((reached) => reached.replaceAll("-", "y")));
  });
});
