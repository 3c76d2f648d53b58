/**
 * Tests network policies with packets: the evaluated rules, networkd files and resolver of a host run in network
 * namespaces. `policy-probes.ts` contains the probes and the expected result for each VM.
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
if (whatHooksMiss !== undefined) console.error(`NOT TESTED: rules for taps: ${whatHooksMiss}.`);
if (missing !== undefined) console.error(`NOT TESTED: network policies: ${missing}.`);

if (rig === undefined) console.error("NOT TESTED: network policies with the NixOS firewall. Set MICROVM_EMIT_RIG.");

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

/** Runs all probes and prints a table: `y` or `-` for the result, followed by a different expectation. */
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

/** IPv6 forward rules of current Docker versions. Docker of Debian 12 has none. */
const DOCKER_BY_IPV6 = "ip6tables -P FORWARD DROP; ip6tables -N DOCKER-USER; ip6tables -A FORWARD -j DOCKER-USER";

/**
 * Differences with the NixOS firewall, which drops unknown connections and packets that fail the reverse path filter.
 */
const behindFirewall = rows.map((row) =>
  /^host: (another port|an advertisement)|^in another bridge|^reached from (beyond|.*LAN of a bridge)(: by IPv6)?$|^from beyond, with its /.test(
    row.what,
  )
    ? { ...row, expected: row.expected.replaceAll("y", "-") }
    : row,
);

/** Long enough for all probes on a busy machine. */
vi.setConfig({ testTimeout: 900_000 });

// Probes mostly wait for packets that do not arrive.
describe.skipIf(missing !== undefined).concurrent("VMs", () => {
  it("reach the destinations of their policies only", async () => {
    const lab = await opened(guarded);
    expect(await table(lab, "Policies", rows)).toEqual(expectedOf(rows));
  });

  it("reach everything when all VMs are open, so that each probe can succeed", async () => {
    const lab = await opened(unguarded);
    await lab.host.script("ip link set dev microbr type bridge no_linklocal_learn 0");
    // These rules also apply to open VMs. Without them, each probe succeeds (policy-mutation.test).
    const open = rows.flatMap((each) => {
      if (/^(refused|admitted|host: more connections|host: a ping after)/.test(each.what)) return [];
      return /^(gone VM|outside of its bridge|always refused)/.test(each.what)
        ? [each]
        : [{ ...each, expected: each.expected.replaceAll("-", "y") }];
    });
    expect(await table(lab, "All open", open)).toEqual(expectedOf(open));
  });

  it("do not receive frames of each other on a bridge without rules when no VM is open", async () => {
    const frames = rows.filter(({ what }) => what.startsWith("VM internet: a"));
    const lab = await opened(closed);
    await lab.host.run("nft", "delete", "table", "bridge", "microvm");
    expect(await table(lab, "Without rules on the bridge", frames)).toEqual(expectedOf(frames));
  });

  it("reach the same destinations with Docker on the host", async () => {
    const forwarded = rows.filter(({ what }) =>
      /^(internet|LAN: a|LAN of a bridge|VM |reached from beyond)/.test(what),
    );
    const lab = await opened(guarded);
    // Docker drops other forwarded packets if it was the first to enable forwarding.
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

  it.skipIf(rig === undefined)("reach the same destinations with the NixOS firewall and NAT", async () => {
    const lab = await opened(guarded, true);
    expect(await table(lab, "NixOS's firewall", behindFirewall)).toEqual(expectedOf(behindFirewall));
  });
});
