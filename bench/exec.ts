/**
 * Measures `microvm-emit exec` on a running VM, as a ratio to plain ssh: `npm run build && npx jiti bench/exec.ts`. The VM is a sshd in
 * a container with systemd, as in test/lab. Needs root and systemd-nspawn.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { factsOf, giveKey, putFacts } from "../test/lab/stand-in.js";
import { bootSystemdHost, EMIT, whatSystemdMisses } from "../test/lab/systemd-host.js";

const missing = whatSystemdMisses();
if (missing !== undefined) {
  console.error(`NOT MEASURED: ${missing}.`);
  process.exit(1);
}

const rounds = 15;
const goals = { ratio: 1.3, milliseconds: 150 };

const host = await bootSystemdHost();
try {
  await putFacts(host, factsOf("vm", { first: { address: "10.8.0.1" } }));
  await giveKey(host);
  await host.run(`
    make-vm first 10.8.0.1
    systemctl start microvm@first`);
  const options = [
    "HostName=10.8.0.1",
    "HostKeyAlias=first",
    "UserKnownHostsFile=/run/microvm-known-hosts/first",
    "GlobalKnownHostsFile=/dev/null",
  ];
  const lines = {
    "ssh, a new connection": `ssh ${options.map((option) => `-o ${option}`).join(" ")} first true`,
    "microvm-emit exec": `${EMIT} exec first -- true`,
    "node -e 0": `${process.execPath} -e 0`,
  };
  const program = fileURLToPath(new URL("time-commands.py", import.meta.url));
  const [enter, ...words] = host.entering("alice");
  const printed = execFileSync(enter, [...words, "python3", program, String(rounds), ...Object.values(lines)], {
    encoding: "utf8",
  });
  const medians = JSON.parse(printed) as readonly number[];
  const [plain = Number.NaN, exec = Number.NaN] = medians;
  console.table(
    Object.keys(lines).map((line, at) => ({
      command: line,
      "median ms": Math.round((medians[at] ?? Number.NaN) * 1000),
      "ratio to ssh": Number(((medians[at] ?? Number.NaN) / plain).toFixed(2)),
    })),
  );
  const isReached = exec / plain <= goals.ratio && exec * 1000 <= goals.milliseconds;
  console.log(
    `goal: at most ${String(goals.ratio)} times ssh and ${String(goals.milliseconds)} ms: ${isReached ? "reached" : "missed"}`,
  );
  if (!isReached) process.exitCode = 1;
} finally {
  await host.close();
}
