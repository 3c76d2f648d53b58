/**
 * What VMs may reach, tried on packets: the evaluated rules, networkd units and resolver of a host at work in network
 * namespaces. `policy-probes.ts` says what is tried, and what each VM is to get.
 */
import { afterAll, describe, expect, it, vi } from "vitest";
import type { Config } from "microvm-emit";
import { rig } from "../nix/rig.js";
import { startDocker } from "./docker.js";
import { closed, guarded, names, unguarded } from "./policy-config.js";
import { type Lab, openLab } from "./policy-lab.js";
import { observe, type Row, rows } from "./policy-probes.js";
import { whatHooksMiss, whatIsMissing } from "./requirements.js";

const missing = whatIsMissing();
if (whatHooksMiss !== undefined) console.error(`NOT TESTED with the rules of taps: ${whatHooksMiss}.`);
if (missing !== undefined) console.error(`NOT TESTED, what VMs may reach: ${missing}.`);

if (rig === undefined)
  console.error("NOT TESTED, what VMs may reach behind NixOS's own firewall: set MICROVM_EMIT_RIG.");

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
});
const opened = async (config: Config, isOnRig = false): Promise<Lab> => {
  const lab = await openLab(config, isOnRig);
  closing.push(lab.close);
  if (whatHooksMiss === undefined) await lab.load(lab.policy.rules + (lab.policy.tapRules ?? ""));
  return lab;
};

const width = Math.max(...rows.map(({ what }) => what.length));
const line = (what: string, marks: readonly string[]): string =>
  [what.padEnd(width), ...marks.map((mark, column) => mark.padEnd(names[column]?.length ?? 1))].join("  ");

/** Tries all rows, and prints a table of them: `y` or `-` for what was seen, with what was expected behind where it differs. */
const table = async (lab: Lab, title: string, wanted: readonly Row[]): Promise<Readonly<Record<string, string>>> => {
  const lines = [`${title}: y reached, - not reached, . not tried, seen/expected where they differ`, line("", names)];
  const seen: Record<string, string> = {};
  for (const each of wanted) {
    const observed = await observe(lab, each);
    seen[each.what] = observed;
    const expected = each.expected.split(" ");
    lines.push(
      line(
        each.what,
        observed
          .split(" ")
          .map((mark, column) => (mark === expected[column] ? mark : `${mark}/${expected[column] ?? ""}`)),
      ),
    );
  }
  console.log(lines.join("\n"));
  return seen;
};

const rowOf = (what: string): Row => {
  const row = rows.find((each) => each.what === what);
  if (row === undefined) throw new Error(`Nothing tries ${what}.`);
  return row;
};

const expectedOf = (wanted: readonly Row[]): Readonly<Record<string, string>> =>
  Object.fromEntries(wanted.map(({ what, expected }) => [what, expected]));

/** What a Docker of today makes of what the host forwards by IPv6; the one of Debian 12 leaves that alone. */
const DOCKER_BY_IPV6 = "ip6tables -P FORWARD DROP; ip6tables -N DOCKER-USER; ip6tables -A FORWARD -j DOCKER-USER";

/** With NixOS's own firewall, which lets nobody in that it does not know of, nor from where it would not answer to. */
const behindFirewall = rows.map((row) =>
  /^host: (another port|an advertisement)|^in another bridge|^reached from (beyond|.*LAN of a bridge)(: by IPv6)?$|, by others from beyond$/.test(
    row.what,
  )
    ? { ...row, expected: row.expected.replaceAll("y", "-") }
    : row,
);

/** Far more than all attempts take, also on a busy machine. */
vi.setConfig({ testTimeout: 900_000 });

describe.skipIf(missing !== undefined)("VMs", () => {
  it("reach what their policies say", async () => {
    const lab = await opened(guarded);
    expect(await table(lab, "Policies", rows)).toEqual(expectedOf(rows));
  });

  it("reach everything where all are open, so that each attempt is one that could succeed", async () => {
    const lab = await opened(unguarded);
    await lab.host.script("ip link set dev microbr type bridge no_linklocal_learn 0");
    // These rules hold for open VMs too; without them, each attempt succeeds (policy-mutation.test).
    const open = rows.flatMap((each) => {
      if (/^(refused|host: more connections|host: a ping once)/.test(each.what)) return [];
      return /^(gone VM|outside of its bridge|unlike others)/.test(each.what)
        ? [each]
        : [{ ...each, expected: each.expected.replaceAll("-", "y") }];
    });
    expect(await table(lab, "All open", open)).toEqual(expectedOf(open));
  });

  it("do not hear each other over a bridge whose rules are gone, where none is open", async () => {
    const frames = rows.filter(({ what }) => what.startsWith("VM internet: a"));
    const lab = await opened(closed);
    await lab.host.run("nft", "delete", "table", "bridge", "microvm");
    expect(await table(lab, "Without rules on the bridge", frames)).toEqual(expectedOf(frames));
  });

  it("reach the same beside Docker", async () => {
    const forwarded = rows.filter(({ what }) =>
      /^(internet|LAN: a|LAN of a bridge|VM |reached from beyond)/.test(what),
    );
    const lab = await opened(guarded);
    // It drops what it does not know where it is the first to have the host forward.
    await lab.host.script("echo 0 >/proc/sys/net/ipv4/ip_forward");
    await startDocker(lab.host, lab.folder);
    await lab.host.script(DOCKER_BY_IPV6);
    const dropped = { ...rowOf("internet"), expected: "- - - - - - -" };
    expect(await table(lab, "Docker alone", [dropped])).toEqual(expectedOf([dropped]));
    await lab.host.script(lab.policy.beside ?? "exit 1");
    expect(await table(lab, "Beside Docker", forwarded)).toEqual(expectedOf(forwarded));
    await startDocker(lab.host, lab.folder);
    await lab.host.script(lab.policy.beside ?? "exit 1");
    const again = [rowOf("internet")];
    expect(await table(lab, "Beside Docker once more", again)).toEqual(expectedOf(again));
  });

  it.skipIf(rig === undefined)("reach the same behind NixOS's own firewall and NAT", async () => {
    const lab = await opened(guarded, true);
    expect(await table(lab, "NixOS's firewall", behindFirewall)).toEqual(expectedOf(behindFirewall));
  });
});
