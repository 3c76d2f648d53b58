/**
 * Tests the evaluated units of the network policy with systemd and a kernel: microvm-policy.service, the resolver, a
 * VM, and nftables.service, which flushes all rules.
 */
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { rig } from "../nix/rig.js";
import { UNITS } from "./host-machine.js";
import { tail } from "./log.js";
import { configOf, GUEST, install, LISTED, prepare } from "./policy-host.js";
import { evaluatePolicyUnits, type PolicyUnits, RULES } from "./policy-units.js";
import { bootSystemdHost, type SystemdHost, whatSystemdMisses } from "./systemd-host.js";

const missing = whatSystemdMisses();
if (missing !== undefined) console.error(`NOT TESTED: units of the network policy with systemd: ${missing}.`);
if (rig === undefined) console.error("NOT TESTED: nftables.service of NixOS. Set MICROVM_EMIT_RIG.");

const besides = [
  { beside: "a stand-in of nftables.service", flushes: true, isOnRig: false },
  { beside: "NixOS's nftables.service, which flushes", flushes: true, isOnRig: true },
  { beside: "NixOS's nftables.service, which deletes its own tables", flushes: false, isOnRig: true },
];

/** The units of the network policy. */
const OURS = "microvm-policy microvm-resolver microvm@a";

/** Rules that nft accepts but the kernel rejects. */
const REFUSED = "add rule inet microvm to_guest jump to_guest\n";

const TABLES = ["bridge microvm", "inet microvm"];
const GRANT = `${GUEST} . ${LISTED} . tcp . 443`;

/** Long enough for a busy machine. */
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

describe.skipIf(missing !== undefined)("with systemd", () => {
  let machine: SystemdHost | undefined;
  let run: SystemdHost["run"];
  let put: SystemdHost["put"];
  let start: SystemdHost["start"];

  const tables = async (): Promise<readonly string[]> =>
    (await run("nft list tables")).split("\n").flatMap((line) => (line === "" ? [] : [line.replace(/^table /, "")]));
  const ourTables = async (): Promise<readonly string[]> =>
    (await tables()).filter((table) => TABLES.includes(table)).sort();
  const stateOf = (units: string): Promise<string> => run(`systemctl is-active ${units} || true`);
  /** Writes a read-only file, as in the store. */
  const putRules = (text: string): Promise<string> => put(RULES, text, "0444");
  /** Runs a command that ends by itself; the limit only makes a hanging test fail. */
  const within = (command: string): Promise<string> => run(`timeout 400 sh -c '${command}'`);
  const allActive = (units: string): string => units.replaceAll(/\S+/g, "active").replaceAll(" ", "\n");
  /** Waits until systemd has no jobs. */
  const settled = (): Promise<string> =>
    within('until [ -z "$(systemctl list-jobs --no-legend)" ]; do sleep 0.4; done');
  const ask = async (): Promise<void> => {
    expect(await run("ip netns exec a python3 /run/ask.py")).toBe(LISTED);
  };
  /** Waits until the addresses of the VM's DNS questions are open. */
  const granted = (): Promise<string> =>
    within(`until nft list set inet microvm resolved4 | grep -q "${GRANT}"; do sleep 0.4; done`);

  /** The tables after each transaction that deletes one of our tables, during an action. */
  const watch = async (act: () => Promise<void>): Promise<readonly (readonly string[])[]> => {
    await run("systemd-run -q --unit=watch -p StandardOutput=truncate:/run/changes nft monitor");
    // The program does not report when it listens.
    await within("until [ -s /run/changes ]; do nft add table ip watch; nft delete table ip watch; sleep 0.1; done");
    const present = new Set(await tables());
    await act();
    const lines = (await run("systemctl stop watch; grep -E ' table |^# new generation' /run/changes")).split("\n");
    let isDeleted = false;
    return lines.flatMap((line) => {
      const [, verb, table = ""] = /^(add|delete) table (.*)$/.exec(line) ?? [];
      if (verb === undefined) {
        const after = isDeleted ? [[...present]] : [];
        isDeleted = false;
        return after;
      }
      if (verb === "add") present.add(table);
      else present.delete(table);
      isDeleted ||= verb === "delete" && TABLES.includes(table);
      return [];
    });
  };

  beforeAll(async () => {
    machine = await bootSystemdHost();
    ({ run, put, start } = machine);
    await prepare(machine);
  });

  afterAll(() => machine?.close());

  beforeEach(({ onTestFailed }) => {
    onTestFailed(async () => {
      if (machine !== undefined) console.error(tail(join(machine.folder, "console.log"), 20));
      console.error(await run("journalctl -n 60 --no-pager; systemctl list-jobs; nft list tables").catch(String));
    });
  });

  describe.each(besides)("with $beside", ({ flushes, isOnRig }) => {
    const skipped = isOnRig && rig === undefined;
    let units: PolicyUnits;

    const reset = (): Promise<string> =>
      run(`systemctl stop ${OURS} nftables; systemctl reset-failed; nft flush ruleset`);

    beforeAll(async () => {
      if (skipped) return;
      units = await evaluatePolicyUnits(configOf(flushes), isOnRig);
      await install(machine as SystemdHost, units);
      await reset();
    });

    it.skipIf(skipped)("a VM starts after the rules are loaded, and not when loading fails", async () => {
      await putRules(`${units.rules}\n${REFUSED}`);
      await expect(run("systemctl start microvm@a")).rejects.toThrow(/dependency/i);
      expect(await stateOf("microvm-policy microvm@a")).toBe("failed\ninactive");
      expect(await ourTables()).toEqual([]);
      await putRules(units.rules);
      await start("microvm@a");
      expect(await stateOf("microvm-policy microvm@a")).toBe("active\nactive");
      expect(await ourTables()).toEqual(TABLES);
    });

    it.skipIf(skipped)("addresses of allowed names are open again after a reload", async () => {
      await start("microvm-resolver");
      await ask();
      expect(await run("nft list set inet microvm resolved4")).toContain(GRANT);
      await run("systemctl reload microvm-policy");
      await granted();
    });

    it.skipIf(skipped)("a reload replaces old rules by valid new rules only", async () => {
      await start(`nftables ${OURS}`);
      const networks = (): Promise<string> => run("nft list set inet microvm networks");
      const pids = "systemctl show -P MainPID microvm@a microvm-resolver";
      const before = await run(pids);
      const changed = units.rules.replace(/(set networks .*)"br0"/, '$1"br0", "changed"');
      await putRules(changed);
      await run("systemctl reload microvm-policy");
      expect(await networks()).toContain('"changed"');
      await putRules(`${changed.replace('"changed"', '"broken"')}\n${REFUSED}`);
      await expect(run("systemctl reload microvm-policy")).rejects.toThrow(/failed/);
      // With the rules of the last successful load.
      await run("systemctl reload nftables");
      await settled();
      expect(await networks()).toContain('"changed"');
      expect(await ourTables()).toEqual(TABLES);
      expect(await stateOf(OURS)).toBe(allActive(OURS));
      expect(await run(pids)).toBe(before);
      await putRules(units.rules);
      await run("systemctl reload microvm-policy");
    });

    it.skipIf(skipped).each(["stop", "start", "reload", "restart"])(
      "rules always exist during %s of nftables.service",
      async (verb) => {
        await run(`systemctl ${verb === "start" ? "stop" : "start"} nftables`);
        await settled();
        const after = await watch(async () => {
          await run(`systemctl ${verb} nftables`);
          await settled();
        });
        await granted();
        expect(after.length).toBeGreaterThan(0);
        expect(after.filter((present) => !TABLES.every((table) => present.includes(table)))).toEqual([]);
      },
    );

    it.skipIf(skipped).each([
      ["two reloads", "reload microvm-policy", "reload microvm-policy"],
      ["a reload and a restart of nftables.service", "restart nftables", "reload microvm-policy"],
      ["a restart and a reload of nftables.service", "reload nftables", "restart microvm-policy"],
    ])("rules exist after concurrent %s", async (_, ...verbs) => {
      await start(`nftables ${OURS}`);
      await run(verbs.map((verb) => `systemctl --no-block ${verb}`).join("; "));
      await settled();
      expect(await ourTables()).toEqual(TABLES);
      expect(await stateOf(`nftables ${OURS}`)).toBe(allActive(`nftables ${OURS}`));
    });

    it.skipIf(skipped)("VMs restart and stop with microvm-policy.service, and the rules stay loaded", async () => {
      const pid = "systemctl show -P MainPID microvm@a";
      const before = await run(pid);
      await run("systemctl restart microvm-policy");
      await settled();
      expect(await stateOf(OURS)).toBe(allActive(OURS));
      expect(await run(pid)).not.toBe(before);
      await run("systemctl stop microvm-policy");
      expect(await stateOf(OURS)).toBe(allActive(OURS).replaceAll("active", "inactive"));
      expect(await ourTables()).toEqual(TABLES);
    });

    it.skipIf(skipped)("nftables.service does not start our stopped units", async () => {
      await reset();
      for (const verb of ["start", "reload", "restart"]) await run(`systemctl ${verb} nftables`);
      await settled();
      expect(await stateOf(OURS)).toBe(allActive(OURS).replaceAll("active", "inactive"));
      expect(await ourTables()).toEqual([]);
    });

    it.skipIf(skipped)("nftables.service does not remove rules that are loaded at the same time", async () => {
      await reset();
      await start("nftables");
      const wait = "until [ -e /run/finish ]; do sleep 0.1; done";
      await put(`${UNITS}/microvm-policy.service.d/wait.conf`, `[Service]\nExecStartPost=/bin/sh -c "${wait}"\n`);
      await run("systemctl daemon-reload; systemctl start --no-block microvm-policy");
      await within("until nft list table inet microvm >/dev/null 2>&1; do sleep 0.1; done");
      await run("systemctl reload nftables; touch /run/finish");
      await settled();
      await run(`rm -r /run/finish ${UNITS}/microvm-policy.service.d; systemctl daemon-reload`);
      expect(await stateOf("microvm-policy")).toBe("active");
      expect(await ourTables()).toEqual(TABLES);
    });

    it.skipIf(skipped)("all units start at the same time, as at boot", async () => {
      await reset();
      const wanted = `nftables ${OURS}`.replaceAll(/(?= |$)/g, ".service");
      await put(`${UNITS}/boot.target`, `[Unit]\nWants=${wanted}\n`);
      await run("systemctl daemon-reload");
      await within("systemctl start boot.target");
      expect(await stateOf(wanted)).toBe(allActive(wanted));
      await settled();
      expect(await ourTables()).toEqual(TABLES);
    });
  });
});
