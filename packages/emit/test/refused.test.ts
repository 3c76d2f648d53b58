/** Refusals of the network policy in the journal, as the resolver and nftables write them. */
import { describe, expect, it } from "vitest";
import { parseFacts } from "../src/vm/facts.js";
import { parseFound, parseRefusal } from "../src/vm/refused.js";

const facts = parseFacts(
  JSON.stringify({
    host: "h",
    vms: { web: { addresses: ["10.0.0.2", "fd00::2"] }, cache: { addresses: ["10.0.0.3"] } },
  }),
);
if (facts === undefined) throw new Error("The facts have another form.");

/** A packet in the log of the kernel. */
const packet = (fields: Readonly<Record<string, string | number>>): string =>
  `microvm-emit: refused ${Object.entries({
    IN: "br0",
    OUT: "wan0",
    MAC: "02:00:00:00:00:01:02:00:00:00:00:02:08:00",
    SRC: "10.0.0.2",
    LEN: 60,
    ...fields,
  })
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ")} SYN URGP=0`;

describe("a refusal in the journal", () => {
  it.each([
    [
      "a name outside the allowlist",
      "microvm-emit: web asked for registry.npmjs.org, which is not in its allowlist",
      ["registry.npmjs.org", "dns", null, 'allow: ["registry.npmjs.org"]'],
    ],
    [
      "a name with a private address",
      "microvm-emit: web asked for nas.example.org: its private address 10.1.2.3 is not in the allowlist",
      ["nas.example.org", "dns", null, 'allow: ["10.1.2.3"]'],
    ],
    [
      "a server",
      packet({ DST: "10.9.9.9", PROTO: "TCP", SPT: 40000, DPT: 5432 }),
      ["10.9.9.9", "tcp", 5432, 'allow: ["10.9.9.9:5432"]'],
    ],
    [
      "a server by IPv6, with all digits",
      packet({
        SRC: "fd00:0000:0000:0000:0000:0000:0000:0002",
        DST: "2001:0db8:0000:0000:0000:0000:0000:0001",
        PROTO: "TCP",
        DPT: 22,
      }),
      ["2001:db8::1", "tcp", 22, 'allow: ["[2001:db8::1]:22"]'],
    ],
    [
      "another VM",
      packet({ OUT: "br0", DST: "10.0.0.3", PROTO: "TCP", DPT: 6379 }),
      ["10.0.0.3", "tcp", 6379, 'reachVms: ["cache:6379"]'],
    ],
    [
      "a port of the host",
      packet({ OUT: "", DST: "10.0.0.1", PROTO: "TCP", DPT: 8080 }),
      ["10.0.0.1", "tcp", 8080, "reachHost: [8080]"],
    ],
    [
      "a UDP port of the host",
      packet({ OUT: "", DST: "10.0.0.1", PROTO: "UDP", DPT: 123 }),
      ["10.0.0.1", "udp", 123, 'reachHost: [{ port: 123, proto: "udp" }]'],
    ],
    ["a UDP port elsewhere", packet({ DST: "9.9.9.9", PROTO: "UDP", DPT: 123 }), ["9.9.9.9", "udp", 123, null]],
  ])("has the setting for %s", (_, message, [target, protocol, port, setting]) => {
    expect(parseRefusal(message, facts)).toEqual({ vm: "web", target, protocol, port, setting });
  });

  it.each([
    ["about an unknown VM", "microvm-emit: other asked for example.org, which is not in its allowlist"],
    ["from an unknown address", packet({ SRC: "10.0.0.9", DST: "10.9.9.9", PROTO: "TCP", DPT: 1 })],
    ["with another message", "microvm-emit: web reached its limit of log lines: silent for an hour"],
    ["without ports", packet({ DST: "10.9.9.9", PROTO: "ICMP" })],
    ["from other rules", "refused SRC=10.0.0.2 DST=10.9.9.9 PROTO=TCP DPT=22"],
  ])("ignores a line %s", (_, message) => {
    expect(parseRefusal(message, facts)).toBeUndefined();
  });
});

describe("a found name in the journal", () => {
  it("has the addresses without leading zeros", () => {
    expect(parseFound("microvm-emit: web found a.example at 203.0.113.1 2001:db8:0::1", facts)).toEqual({
      vm: "web",
      name: "a.example",
      addresses: ["203.0.113.1", "2001:db8::1"],
    });
  });

  it.each([
    "microvm-emit: other found a.example at 203.0.113.1",
    "microvm-emit: web found a.example at nowhere",
    "microvm-emit: web found a example at 203.0.113.1",
  ])("is not in %j", (message) => {
    expect(parseFound(message, facts)).toBeUndefined();
  });
});
