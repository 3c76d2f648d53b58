/**
 * Measures the gateway for API keys: latency and throughput through it and directly, in turns of one run, and the time to
 * load the rules and the proxy's configuration of 100 VMs: `npx jiti bench/gateway.ts`, with `--requests 500` and `--vms
 * 100`. Needs root on Linux and the packages of `test/lab`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ast, type Config, type Vm } from "microvm-emit";
import { emitFlake } from "../test/lab/evaluated.js";
import { connect, type Namespace, openNamespace } from "../test/lab/namespace.js";
import { poll } from "../test/lab/poll.js";
import { PYTHON, whatIsMissing } from "../test/lab/requirements.js";
import { evalFlake, nixes } from "../test/nix/harness.js";

const { values: options } = parseArgs({
  options: { requests: { type: "string", default: "500" }, vms: { type: "string", default: "100" } },
});

const missing = whatIsMissing();
const [nix] = nixes();
if (missing !== undefined || nix === undefined) {
  console.error(`NOT MEASURED: ${missing ?? "there is no nix"}.`);
  process.exit(1);
}

const HOST = "10.7.0.1";
const API = "203.0.113.1";
const BIG = 100_000_000;

const vmsOf = (count: number): Readonly<Record<string, Vm>> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`vm${String(index)}`, { index, agent: "claude-code" }]),
  );

const configOf = (count: number): Config => ({
  hosts: {
    lab: {
      stateVersion: "26.05",
      modules: [
        "./configuration.nix",
        ast.attrs({
          "microvm-emit": {
            gateway: { providers: { anthropic: { host: "api.example", hostPort: 8443, caFile: "/run/lab/cert.pem" } } },
          },
        }),
      ],
      user: { name: "alice", uid: 1000, gid: 100, sshKeys: ["ssh-ed25519 AAAA alice"] },
      keys: { anthropic: "/run/keys/all" },
      bridges: { br0: { address: `${HOST}/16`, network: "none" } },
      vms: vmsOf(count),
    },
  },
});

const FACTS = `host: let inherit (host.config.environment) etc; in {
  configuration = etc."microvm/gateway.conf".text;
  settings = etc."microvm/gateway.json".text;
  rules = etc."microvm/policy.nft".text;
}`;

/** An API with nginx, so that the API is not the slowest part. */
const apiOf = (folder: string): string => `
daemon off; pid ${folder}/api.pid; worker_processes auto; error_log stderr emerg;
events { }
http {
  access_log off; client_body_temp_path ${folder}/api-body; proxy_temp_path ${folder}/api-proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  keepalive_requests 1000000;
  server {
    listen ${API}:8443 ssl; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
    location /v1 { return 200 "{}"; }
    location /big { alias ${folder}/big; }
  }
}`;

/** Sends requests on one connection: prints the milliseconds of each, or the seconds of a large answer. */
const CLIENT = `
import http.client, ssl, sys, time
kind, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
context = ssl.create_default_context(cafile="CA_FILE") if kind == "direct" else None
link = (http.client.HTTPSConnection("api.example", 8443, context=context) if kind == "direct"
        else http.client.HTTPConnection("${HOST}", 5381))
for number in range(count):
    begin = time.perf_counter()
    link.request("GET", path, headers={"x-api-key": "placeholder"})
    answer = link.getresponse()
    assert answer.status == 200, answer.status
    while answer.read(1 << 20):
        pass
    print((time.perf_counter() - begin) * 1000)
`;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const goal = (text: string, isMet: boolean): void => {
  if (!isMet) process.exitCode = 1;
  console.log(`${text}: ${isMet ? "met" : "MISSED"}`);
};

const folder = mkdtempSync(join(tmpdir(), "microvm-emit-gateway-"));
const spaces: Namespace[] = [];
try {
  const count = Number(options.vms);
  const facts = (await evalFlake(`path:${emitFlake(configOf(count))}`, "nixosConfigurations.lab", {
    nix,
    apply: FACTS,
  })) as { readonly configuration: string; readonly settings: string; readonly rules: string };
  mkdirSync(join(folder, "credentials"));
  for (const [name, text] of Object.entries({
    "gateway.conf": facts.configuration,
    "gateway.json": facts.settings,
    "policy.nft": facts.rules,
    "api.conf": apiOf(folder),
    "client.py": CLIENT.replace("CA_FILE", join(folder, "cert.pem")),
    hosts: `127.0.0.1 localhost\n${API} api.example\n`,
  }))
    writeFileSync(join(folder, name), text);
  for (const { vms } of Object.values(
    JSON.parse(facts.settings) as Record<string, { readonly vms: readonly { readonly credential: string }[] }>,
  ))
    for (const { credential } of vms) writeFileSync(join(folder, "credentials", credential), "sk-key-of-the-bench");

  const [host, beyond, guest] = [await openNamespace(), await openNamespace(), await openNamespace()];
  spaces.push(host, beyond, guest);
  await connect(host, "up0", beyond, "lan");
  await connect(host, "microvm0", guest, "eth0");
  await beyond.script(`
    chmod 755 ${folder}; head -c ${String(BIG)} /dev/zero >${folder}/big
    ip addr add ${API}/24 dev lan; ip link set lan up
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=api.example -addext subjectAltName=DNS:api.example \
      -keyout ${folder}/key.pem -out ${folder}/cert.pem 2>/dev/null`);
  beyond.start(join(folder, "api.log"), "nginx", "-c", join(folder, "api.conf"));
  await host.script(`
    mount -t tmpfs tmpfs /run; mkdir -p /run/lab /run/systemd/journal /run/microvm-gateway
    cp ${folder}/cert.pem /run/lab; mount --bind ${folder}/hosts /etc/hosts
    ip addr add 203.0.113.2/24 dev up0; ip link set up0 up
    ip link add br0 type bridge; ip addr add ${HOST}/16 dev br0; ip link set br0 up
    ip link set microvm0 master br0 up`);
  await guest.script(`
    ip link set eth0 address 02:00:00:00:00:01; ip link set eth0 up; ip addr add 10.7.0.2/16 dev eth0`);
  host.start(
    join(folder, "log"),
    PYTHON,
    join(import.meta.dirname, "../test/lab/gateway-log.py"),
    "/run/systemd/journal/dev-log",
  );
  await host.script(
    `CREDENTIALS_DIRECTORY=${folder}/credentials ${PYTHON} ${join(import.meta.dirname, "../packages/emit/nix/gateway/prepare.py")} ${folder}/gateway.json /run/microvm-gateway`,
  );
  const seconds = async (command: string): Promise<number> => {
    const text = await host.script(`a=$(date +%s%N); ${command} >/dev/null 2>&1; b=$(date +%s%N); echo $((b - a))`);
    return Number(text) / 1e9;
  };
  const [rules, proxy] = [
    await seconds(`nft -f ${folder}/policy.nft`),
    await seconds(`nginx -t -c ${folder}/gateway.conf`),
  ];
  goal(
    `${String(count)} VMs: rules load in ${rules.toFixed(2)} s, the proxy's configuration in ${proxy.toFixed(2)} s (goal: at most 1 s together)`,
    rules + proxy <= 1,
  );
  host.start(join(folder, "nginx.log"), "nginx", "-c", join(folder, "gateway.conf"));

  const run = async (kind: "direct" | "gateway", path: string, times: number): Promise<readonly number[]> => {
    const space = kind === "direct" ? host : guest;
    const text = await space.run(PYTHON, join(folder, "client.py"), kind, path, String(times));
    return text.trim().split("\n").map(Number);
  };
  await poll("the gateway", 30, () => run("gateway", "/v1", 1).catch(() => undefined));
  const turns = 10;
  const measured: Record<"direct" | "gateway", number[]> = { direct: [], gateway: [] };
  const big: typeof measured = { direct: [], gateway: [] };
  for (let turn = 0; turn < turns; turn += 1) {
    // Alternates the order, so that other load affects both alike.
    const order = turn % 2 === 0 ? (["direct", "gateway"] as const) : (["gateway", "direct"] as const);
    for (const kind of order) {
      measured[kind].push(...(await run(kind, "/v1", Math.ceil(Number(options.requests) / turns) + 1)).slice(1));
      big[kind].push(...(await run(kind, "/big", 1)));
    }
  }
  const [direct, gateway] = [median(measured.direct), median(measured.gateway)];
  goal(
    `latency: ${gateway.toFixed(2)} ms through the gateway, ${direct.toFixed(2)} ms directly, medians of ${options.requests}: ${(gateway - direct).toFixed(2)} ms more (goal: at most 1 ms)`,
    gateway - direct <= 1,
  );
  const [fast, slow] = [median(big.direct), median(big.gateway)];
  const rate = (ms: number): string => ((BIG * 8) / 1e3 / ms).toFixed(0);
  goal(
    `throughput: ${rate(slow)} Mbit/s through the gateway, ${rate(fast)} Mbit/s directly: ${(fast / slow).toFixed(2)}x (goal: at least 0.95x)`,
    fast / slow >= 0.95,
  );
} finally {
  await Promise.all(spaces.map((space) => space.close()));
  rmSync(folder, { recursive: true, force: true });
}
