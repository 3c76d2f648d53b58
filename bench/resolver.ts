/**
 * Measures a VM's wait for DNS answers while another VM floods the host's resolver, against the same load elsewhere:
 * `npx jiti bench/resolver.ts`, with `--rounds 5`, `--questions 400` and `--floods empty,allowed`. Needs root on Linux
 * and the packages of `test/lab`.
 */
import { parseArgs } from "node:util";
import { openLab } from "../test/lab/policy-lab.js";
import { guarded } from "../test/lab/policy-config.js";
import { PYTHON, whatIsMissing } from "../test/lab/requirements.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    questions: { type: "string", default: "400" },
    floods: { type: "string", default: "empty,refused,allowed,connections" },
  },
});

const missing = whatIsMissing();
if (missing !== undefined) {
  console.error(`NOT MEASURED: ${missing}.`);
  process.exit(1);
}

/** Alternates queries for a cached A record and an uncached TXT record; prints milliseconds and losses. */
const ASK = `
import json, socket, sys, time
import dns.exception, dns.message, dns.query
server, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
taken = {"A": [], "TXT": []}
for _ in range(count):
    for rdtype, waits in taken.items():
        question = dns.message.make_query(name, rdtype)
        start = time.perf_counter()
        try:
            dns.query.udp(question, server, 2)
            waits.append((time.perf_counter() - start) * 1000)
        except dns.exception.Timeout:
            waits.append(2000)
        time.sleep(0.002)
print(json.dumps(taken))
`;

/** Sends at a fixed rate per second if possible, and prints the number of packets. */
const FLOOD = `
import itertools, signal, socket, struct, sys, time
server, kind, rate = sys.argv[1], sys.argv[2], int(sys.argv[3])
signal.signal(signal.SIGTERM, lambda *_: (print(sent, flush=True), sys.exit()))
def question(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + labels + b"\\0" + struct.pack("!2H", 1, 1)
makes = {
    "empty": lambda number: b"",
    "refused": lambda number: question(f"n{number}.unlisted.example"),
    "allowed": lambda number: question(f"n{number}.many.example"),
}
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sent, start, held = 0, time.perf_counter(), []
for number in itertools.count():
    if kind == "connections":
        tcp = socket.socket()
        tcp.setblocking(False)
        tcp.connect_ex((server, 53))
        held.append(tcp)
        if len(held) > 500:
            held.pop(0).close()
    else:
        udp.sendto(makes[kind](number), (server, 53))
    sent += 1
    if sent % 100 == 0:
        time.sleep(max(0, sent / rate - (time.perf_counter() - start)))
`;

const floods = [
  ["empty", 10_000],
  ["refused", 10_000],
  ["allowed", 2_700],
  ["connections", 5_000],
] as const;

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

interface Waits {
  readonly A: readonly number[];
  readonly TXT: readonly number[];
}

const [host] = Object.entries(guarded.hosts);
if (host === undefined) throw new Error("There is no host.");
const lab = await openLab({
  hosts: {
    [host[0]]: {
      ...host[1],
      vms: { ...host[1].vms, list: { ...host[1].vms?.["list"], allow: ["*.many.example", "listed.example"] } },
    },
  },
});
try {
  const { list: loud, other: quiet } = lab.guests;
  if (loud === undefined || quiet === undefined) throw new Error("There are no VMs.");
  const ask = async (): Promise<Waits> =>
    JSON.parse(await quiet.space.run(PYTHON, "-c", ASK, quiet.gateway, "other.example", options.questions)) as Waits;
  const askBeside = async (server: string, kind: string, rate: number): Promise<readonly [Waits, string]> => {
    const start = `timeout 120 "$@" & echo $! >/run/flood; wait $! || true`;
    const program = [PYTHON, "-c", FLOOD, server, kind, String(rate)];
    const flooding = loud.space.run("sh", "-c", start, "sh", ...program);
    const waits = await ask();
    await loud.space.script("kill $(cat /run/flood)");
    return [waits, (await flooding).trim()];
  };
  await ask();
  for (const [kind, rate] of floods.filter(([name]) => options.floods.split(",").includes(name))) {
    const ratios: Record<keyof Waits, number[]> = { A: [], TXT: [] };
    const lines: string[] = [];
    for (let round = 0; round < Number(options.rounds); round += 1) {
      // The sender's own CPU load is equal in both.
      const [alone] = await askBeside("127.0.0.1", kind, rate);
      const [beside, sent] = await askBeside(loud.gateway, kind, rate);
      for (const type of ["A", "TXT"] as const) {
        const [before, after] = [percentile(alone[type], 0.99), percentile(beside[type], 0.99)];
        ratios[type].push(after / before);
        const lost = beside[type].filter((wait) => wait >= 2000).length;
        lines.push(`  ${type}: p99 ${before.toFixed(1)} → ${after.toFixed(1)} ms, ${String(lost)} lost, ${sent} sent`);
      }
    }
    const medians = Object.entries(ratios).map(([type, all]) => `${type} ${percentile(all, 0.5).toFixed(2)}x`);
    console.log(`${kind}, ${String(rate)} a second: p99 of another VM ${medians.join(", ")}\n${lines.join("\n")}`);
  }
} finally {
  await lab.close();
}
