/**
 * Tests the gateway for API keys: the evaluated nginx configuration, its keys unit's program and the evaluated rules, with
 * Debian's nginx in network namespaces. The API is ours, with TLS.
 */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { agents } from "@microvm-emit/model";
import { providers } from "@microvm-emit/model/internal";
import { ast, type Config } from "microvm-emit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { evalFlake, nixes, temporaryFolder } from "../nix/harness.js";
import { emitFlake } from "./evaluated.js";
import { connect, type Namespace, openNamespace } from "./namespace.js";
import { poll } from "./poll.js";
import { PYTHON, whatIsMissing } from "./requirements.js";

const missing = whatIsMissing();
if (missing !== undefined) console.error(`NOT TESTED: the gateway for API keys: ${missing}.`);

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const prepare = fileURLToPath(new URL("../../packages/emit/nix/gateway/prepare.py", import.meta.url));

const HOST = "10.7.0.1";
const API = "203.0.113.1";
const NAMES = ["a", "b", "empty", "reaching", "closed", "limited"] as const;
type Name = (typeof NAMES)[number];

const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");

const KEYS = { a: "sk-real-key-of-a", b: "sk-real-key-of-b", limited: "sk-real-key-of-limited" };
const LIMIT = 5;

/** Keys of the other providers, which `a` has too. */
const OTHER_KEY_FILES = Object.fromEntries(
  Object.keys(providers).flatMap((name) => (name === "anthropic" ? [] : [[name, `/run/keys/a-${name}`]])),
);
const OTHER_KEYS = Object.fromEntries(
  Object.entries(OTHER_KEY_FILES).map(([name, path]) => [path, `sk-real-key-for-${name}`]),
);

/** The variables of each agent. */
const AGENTS = Object.values(agents).flatMap((agent) =>
  Object.entries("gateway" in agent ? agent.gateway : {}).map(([provider, variables]) => ({
    agent: agent.name,
    provider: provider as keyof typeof providers,
    variables: variables as { readonly baseUrl: string; readonly path?: string; readonly key: string },
  })),
);
const PLACEHOLDER = "held-by-the-host";

/** Acts for an agent: sends the key of its environment to the URL of its environment, and keeps the answer. */
const STAND_IN = `
import json, os, sys, urllib.request
url, key, header, out = (os.environ[sys.argv[1]], os.environ[sys.argv[2]], sys.argv[3], sys.argv[4])
request = urllib.request.Request(url + "/v1/messages", b"{}", {header: key})
answer = urllib.request.urlopen(request, timeout=60).read()
open(out, "wb").write(answer)
print(os.getpid(), flush=True)
sys.stdin.read()
`;

/**
 * Counts, for each text, the processes whose memory, arguments or environment contain it. Its own words are in
 * hexadecimal.
 */
const SEARCH = `
import re, sys
wanted = [bytes.fromhex(word) for word in sys.argv[2:]]
found = [0] * len(wanted)
for process in map(int, sys.argv[1].split(",")):
    parts = [open(f"/proc/{process}/environ", "rb").read(), open(f"/proc/{process}/cmdline", "rb").read()]
    with open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in open(f"/proc/{process}/maps"):
            start, end, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (....)", line).groups()
            if mode[0] == "r":
                try:
                    memory.seek(int(start, 16))
                    parts.append(memory.read(int(end, 16) - int(start, 16)))
                except (OSError, ValueError, OverflowError):
                    pass
    for number, text in enumerate(wanted):
        found[number] += any(text in part for part in parts)
print(*found)
`;

const config: Config = {
  hosts: {
    lab: {
      stateVersion: "26.05",
      modules: [
        "./configuration.nix",
        ast.attrs({
          "microvm-emit": {
            gateway: {
              providers: Object.fromEntries(
                Object.keys(providers).map((name) => [
                  name,
                  { host: "api.example", hostPort: 8443, caFile: "/run/lab/cert.pem" },
                ]),
              ),
            },
          },
        }),
      ],
      user: { name: "alice", uid: 1000, gid: 100, sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: `${HOST}/24`, network: "none" } },
      vms: {
        a: { index: 0, agent: "claude-code", keys: { anthropic: "/run/keys/a", ...OTHER_KEY_FILES } },
        b: { index: 1, agent: "claude-code", keys: { anthropic: "/run/keys/b" } },
        empty: { index: 2, agent: "claude-code", keys: { anthropic: "/run/keys/none" } },
        reaching: { index: 3, reachHost: [5381] },
        closed: { index: 4 },
        limited: {
          index: 5,
          agent: "claude-code",
          keys: { anthropic: { file: "/run/keys/limited", requestsPerMinute: LIMIT } },
        },
      },
    },
  },
};

interface Gateway {
  readonly configuration: string;
  readonly settings: string;
  readonly rules: string;
}

interface Credential {
  readonly file: string;
  readonly credential: string;
}

const FACTS = `host: let inherit (host.config.environment) etc; in {
  configuration = etc."microvm/gateway.conf".text;
  settings = etc."microvm/gateway.json".text;
  rules = etc."microvm/policy.nft".text;
}`;

describe.skipIf(missing !== undefined)("the gateway", () => {
  const spaces: Namespace[] = [];
  const guests: Partial<Record<Name, Namespace>> = {};
  const folder = temporaryFolder();
  const log = join(folder, "journal.log");
  let host: Namespace;
  let settings: string;

  const guest = (name: Name): Namespace => {
    const space = guests[name];
    if (space === undefined) throw new Error(`no ${name}`);
    return space;
  };

  const open = async (): Promise<Namespace> => {
    const space = await openNamespace();
    spaces.push(space);
    return space;
  };

  /** Writes the credentials as systemd does, and runs the keys unit's program. */
  const loadKeys = async (keys: Readonly<Record<string, string>>): Promise<void> => {
    const vms = Object.values(JSON.parse(settings) as Record<string, { readonly vms: readonly Credential[] }>).flatMap(
      (provider) => provider.vms,
    );
    for (const { file: path, credential } of vms)
      writeFileSync(join(folder, "credentials", credential), keys[path] ?? "missing");
    await host.script(
      `CREDENTIALS_DIRECTORY=${folder}/credentials ${PYTHON} ${prepare} ${folder}/gateway.json /run/microvm-gateway 2>>${folder}/keys.log`,
    );
  };

  const curl = (name: Name, ...args: readonly string[]): Promise<string> =>
    guest(name).run("curl", "-s", "--max-time", "20", ...args);

  interface Echo {
    readonly method: string;
    readonly path: string;
    readonly headers: readonly (readonly [string, string])[];
    readonly size: number;
  }

  const ask = async (name: Name, path: string, ...args: readonly string[]): Promise<Echo> =>
    JSON.parse(await curl(name, "--path-as-is", ...args, `http://${HOST}:5381${path}`)) as Echo;

  const statusOf = async (name: Name, ...args: readonly string[]): Promise<string> =>
    curl(name, "-o", "/dev/null", "-w", "%{http_code}", ...args).catch(() => "none");

  /** Sends bytes, and reads until the server closes; `\\0` stands for NUL. */
  const raw = (name: Name, text: string): Promise<string> =>
    guest(name).run(
      PYTHON,
      "-c",
      `import socket, sys
link = socket.create_connection(("${HOST}", 5381))
link.sendall(sys.argv[1].encode().replace(b"\\\\0", b"\\0"))
answer = b""
while part := link.recv(65536):
    answer += part
print(answer.decode())`,
      text,
    );

  beforeAll(async () => {
    const [nix] = nixes();
    if (nix === undefined) throw new Error("There is no nix.");
    const flake = `path:${emitFlake(config)}`;
    const facts = (await evalFlake(flake, "nixosConfigurations.lab", { nix, apply: FACTS })) as Gateway;
    ({ settings } = facts);
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, "credentials"));
    writeFileSync(join(folder, "gateway.conf"), facts.configuration);
    writeFileSync(join(folder, "gateway.json"), settings);
    writeFileSync(join(folder, "policy.nft"), facts.rules);
    writeFileSync(join(folder, "hosts"), `127.0.0.1 localhost\n${API} api.example\n`);
    host = await open();
    const beyond = await open();
    await connect(host, "up0", beyond, "lan");
    await beyond.script(`
      ip addr add ${API}/24 dev lan; ip link set lan up
      openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=api.example -addext subjectAltName=DNS:api.example \
        -keyout ${folder}/key.pem -out ${folder}/cert.pem 2>/dev/null`);
    await beyond.serve(
      [":8443"],
      join(folder, "api.log"),
      PYTHON,
      file("gateway-upstream.py"),
      API,
      "8443",
      join(folder, "cert.pem"),
      join(folder, "key.pem"),
    );
    await host.script(`
      mount -t tmpfs tmpfs /run
      mkdir -p /run/lab /run/systemd/journal /run/microvm-gateway
      cp ${folder}/cert.pem /run/lab
      mount --bind ${folder}/hosts /etc/hosts
      ip addr add 203.0.113.2/24 dev up0; ip link set up0 up
      ip link add br0 type bridge; ip addr add ${HOST}/24 dev br0; ip link set br0 up`);
    for (const [number, name] of NAMES.entries()) {
      const space = await open();
      guests[name] = space;
      await connect(host, `microvm${String(number)}`, space, "eth0");
      await space.script(`
        ip link set eth0 address 02:00:00:00:00:0${String(number + 1)}; ip link set eth0 up
        ip addr add 10.7.0.${String(number + 2)}/24 dev eth0`);
      await host.script(`ip link set microvm${String(number)} master br0 up`);
    }
    await host.run("nft", "-f", join(folder, "policy.nft"));
    host.start(log, PYTHON, file("gateway-log.py"), "/run/systemd/journal/dev-log");
    await poll("the journal", 20, async () =>
      (await host.run("sh", "-c", "test -S /run/systemd/journal/dev-log && echo yes || true")) === ""
        ? undefined
        : true,
    );
    await loadKeys({ "/run/keys/a": `${KEYS.a}\n`, "/run/keys/b": KEYS.b, "/run/keys/limited": KEYS.limited });
    guest("a").start(join(folder, "capture.log"), "tcpdump", "-i", "eth0", "-U", "-s0", "-w", join(folder, "a.pcap"));
    host.start(join(folder, "nginx.log"), "nginx", "-c", join(folder, "gateway.conf"));
    await poll("nginx", 60, async () =>
      (await statusOf("a", `http://${HOST}:5381/ready`)) === "200" ? true : undefined,
    );
  });

  afterAll(async () => {
    await Promise.all(spaces.map((space) => space.close()));
  });

  it("adds the key of the VM that asks, by its source address", async () => {
    const headers = ["-H", "x-api-key: own", "-H", "Authorization: Bearer own", "-H", "Cookie: own"];
    for (const name of ["a", "b"] as const) {
      const echo = await ask(name, "/v1/messages?beta=true", "-d", "{}", ...headers);
      expect([echo.method, echo.path, echo.size]).toEqual(["POST", "/v1/messages?beta=true", 2]);
      const sent = Object.fromEntries(echo.headers);
      expect(sent).toMatchObject({ host: "api.example:8443", "x-api-key": hashOf(KEYS[name]) });
      expect(
        echo.headers.filter(([header]) => /authorization|cookie|x-forwarded|^connection|api-key/.test(header)),
      ).toEqual([["x-api-key", hashOf(KEYS[name])]]);
    }
  });

  it("refuses VMs without a key, and is closed for VMs without its port", async () => {
    expect(await curl("reaching", `http://${HOST}:5381/`)).toContain("this VM has no key for anthropic");
    expect(await statusOf("reaching", `http://${HOST}:5381/`)).toBe("403");
    expect(await statusOf("reaching", "-H", "X-Forwarded-For: 10.7.0.2", `http://${HOST}:5381/`)).toBe("403");
    expect(await statusOf("closed", `http://${HOST}:5381/`)).toBe("none");
  });

  it("rejects the forged address of another VM", async () => {
    await guest("reaching").script("ip addr add 10.7.0.2/32 dev eth0");
    expect(await statusOf("reaching", "--interface", "10.7.0.2", "--max-time", "3", `http://${HOST}:5381/`)).toBe(
      "none",
    );
    await guest("reaching").script("ip addr del 10.7.0.2/32 dev eth0");
  });

  it("answers with status 502 if the key file is missing, and sends nothing", async () => {
    expect(await statusOf("empty", `http://${HOST}:5381/`)).toBe("502");
    expect(await curl("empty", `http://${HOST}:5381/`)).toContain("the host has no key for anthropic");
    expect(readFileSync(join(folder, "keys.log"), "utf8")).toContain("empty has no key: /run/keys/none is missing");
  });

  it("refuses requests of a VM above its limit, but not those of another VM", async () => {
    const codes: string[] = [];
    // A limit of 5 a minute lets one more pass after 12 seconds, so a burst is 6 and a few.
    for (let count = 0; count < 4 * LIMIT; count += 1) codes.push(await statusOf("limited", `http://${HOST}:5381/`));
    expect(codes.slice(0, LIMIT)).toEqual(codes.slice(0, LIMIT).map(() => "200"));
    expect(codes).toContain("429");
    expect(new Set(codes)).toEqual(new Set(["200", "429"]));
    const refused = await poll("a refusal", 60, async () => {
      const answer = await curl("limited", "-i", `http://${HOST}:5381/`);
      return answer.includes(" 429 ") ? answer : undefined;
    });
    expect(refused).toContain("Retry-After: 60");
    expect(refused).toContain("this VM reached its limit of requests a minute for anthropic");
    expect(await statusOf("b", `http://${HOST}:5381/`)).toBe("200");
    // An error of the API is not ours.
    const ofApi = await curl("b", "-i", `http://${HOST}:5381/429`);
    expect(ofApi).toContain(" 429 ");
    expect(ofApi).not.toContain("microvm-emit");
  });

  it("streams: each event arrives before the next is sent", async () => {
    // The upstream sends an event when it is asked for the next one.
    const events = await guest("a").run(
      PYTHON,
      "-c",
      `import http.client
def ask(path):
    link = http.client.HTTPConnection("${HOST}", 5381)
    link.request("POST", path, body="{}")
    return link.getresponse()
ask("/next").read()
answer = ask("/stream")
while line := answer.readline():
    if line.strip():
        print(line.decode().strip(), flush=True)
        ask("/next").read()`,
    );
    expect(events.trim().split("\n")).toEqual(["data: 0", "data: 1", "data: 2"]);
  });

  it("passes large bodies, also without a length, and errors", async () => {
    await guest("a").script(`head -c 50000000 /dev/zero >${folder}/large`);
    expect((await ask("a", "/upload", "--data-binary", `@${folder}/large`)).size).toBe(50_000_000);
    const chunked = ["-H", "Transfer-Encoding: chunked", "--data-binary", `@${folder}/large`];
    expect((await ask("a", "/upload", ...chunked)).size).toBe(50_000_000);
    expect(await statusOf("a", `http://${HOST}:5381/401`)).toBe("401");
  });

  it("passes paths unchanged, and refuses paths above the root", async () => {
    for (const path of ["//v1//messages", "/v1/../v1/messages", "/a%20b?x=//%0d"])
      expect((await ask("a", path)).path).toBe(path);
    for (const path of ["/../x", "/%2e%2e/x"])
      expect(await statusOf("a", "--path-as-is", `http://${HOST}:5381${path}`)).toBe("400");
  });

  it("does not act as a forward proxy", async () => {
    const absolute = await raw(
      "a",
      "GET http://evil.example/x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    );
    expect(absolute).toContain('"path": "/x"');
    expect(absolute).toContain('["host", "api.example:8443"]');
    for (const line of ["CONNECT evil.example:443 HTTP/1.1", "OPTIONS * HTTP/1.1", "TRACE / HTTP/1.1"])
      expect(await raw("a", `${line}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 40[05] /,
      );
  });

  it("refuses ambiguous requests", async () => {
    const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    const head = "POST /v1 HTTP/1.1\r\nHost: x\r\n";
    for (const text of [
      `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `${head}Content-Length: 0\r\nContent-Length: 40\r\n\r\n${smuggled}`,
      `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `${head}X-A: 1\nX-Api-Key : own\r\n\r\n`,
      `${head}X-A: \\0\r\n\r\n`,
    ])
      expect(await raw("a", text)).toMatch(/^HTTP\/1\.1 (400|501) [^]*$/);
  });

  it("uses a new key without a restart", async () => {
    await loadKeys({ "/run/keys/a": "sk-rotated-key", "/run/keys/b": KEYS.b });
    await host.script("test -e /run/microvm-gateway/changed; kill -HUP $(cat /run/microvm-gateway/nginx.pid)");
    await poll("the new key", 30, async () =>
      Object.fromEntries((await ask("a", "/")).headers)["x-api-key"] === hashOf("sk-rotated-key") ? true : undefined,
    );
    expect(Object.fromEntries((await ask("b", "/")).headers)["x-api-key"]).toBe(hashOf(KEYS.b));
  });

  it("sends nothing for a VM whose key file was removed, and continues when it exists again", async () => {
    const rotate = async (keys: Readonly<Record<string, string>>, status: string): Promise<void> => {
      await loadKeys(keys);
      await host.script("kill -HUP $(cat /run/microvm-gateway/nginx.pid)");
      await poll(`status ${status}`, 30, async () =>
        (await statusOf("a", `http://${HOST}:5381/`)) === status ? true : undefined,
      );
    };
    await rotate({ "/run/keys/b": KEYS.b }, "502");
    await rotate({ "/run/keys/a": "two\nlines", "/run/keys/b": KEYS.b }, "502");
    await rotate({ "/run/keys/a": KEYS.a, "/run/keys/b": KEYS.b }, "200");
    expect(await statusOf("b", `http://${HOST}:5381/`)).toBe("200");
  });

  it("logs each request by VM, without queries, keys or bodies", async () => {
    await ask("b", "/v1/query?secret=in-query", "-d", "secret-in-body");
    const text = await poll("the log", 20, () => {
      const now = existsSync(log) ? readFileSync(log, "utf8") : "";
      return now.includes("/v1/query") ? now : undefined;
    });
    expect(text).toMatch(/vm=b provider=anthropic method=POST status=200 .*path="\/v1\/query"/);
    expect(text).toMatch(/vm=reaching provider=anthropic method=GET status=403 /);
    expect(text).not.toMatch(/in-query|in-body|sk-r/);
  });

  it("keeps keys out of the memory, arguments, files and traffic of every agent", { timeout: 600_000 }, async () => {
    await loadKeys({ "/run/keys/a": KEYS.a, "/run/keys/b": KEYS.b, ...OTHER_KEYS });
    await host.script("kill -HUP $(cat /run/microvm-gateway/nginx.pid)");
    writeFileSync(join(folder, "stand-in.py"), STAND_IN);
    writeFileSync(join(folder, "search.py"), SEARCH);
    const realKeys = [KEYS.a, ...Object.values(OTHER_KEYS)];
    const found = async (space: Namespace, pids: string, texts: readonly string[]): Promise<readonly number[]> => {
      const words = texts.map((text) => Buffer.from(text).toString("hex"));
      return (await space.run(PYTHON, join(folder, "search.py"), pids, ...words)).trim().split(" ").map(Number);
    };
    expect(AGENTS.length).toBeGreaterThan(3);
    for (const [number, { agent, provider, variables }] of AGENTS.entries()) {
      const { port, header, ...rest } = providers[provider];
      const prefix = "prefix" in rest ? rest.prefix : "";
      const name = `${agent}-${provider}-${String(number)}`;
      const answer = join(folder, `${name}.answer`);
      const log = join(folder, `${name}.log`);
      await poll(`the key for ${provider}`, 30, async () =>
        (await statusOf("a", `http://${HOST}:${String(port)}/`)) === "200" ? true : undefined,
      );
      guest("a").start(
        log,
        "env",
        `${variables.baseUrl}=http://${HOST}:${String(port)}${variables.path ?? ""}`,
        `${variables.key}=${PLACEHOLDER}`,
        "sh",
        "-c",
        `sleep 600 | exec ${PYTHON} ${join(folder, "stand-in.py")} "$@"`,
        "sh",
        ...[variables.baseUrl, variables.key, header, answer],
      );
      const pid = await poll(agent, 60, () => /^\d+$/m.exec(existsSync(log) ? readFileSync(log, "utf8") : "")?.[0]);
      const { headers } = JSON.parse(readFileSync(answer, "utf8")) as Echo;
      const key = provider === "anthropic" ? KEYS.a : OTHER_KEYS[`/run/keys/a-${provider}`];
      expect([agent, Object.fromEntries(headers)[header]]).toEqual([agent, hashOf(`${prefix}${key ?? ""}`)]);
      for (const real of realKeys) expect(readFileSync(answer, "latin1")).not.toContain(real);
      // The search finds the placeholder, but no real key.
      const counts = await found(guest("a"), pid, [PLACEHOLDER, ...realKeys]);
      expect([agent, ...counts]).toEqual([agent, 1, ...realKeys.map(() => 0)]);
      await guest("a").run("kill", pid);
    }
    const workers = (await host.run("pgrep", "-d,", "nginx")).trim();
    expect((await found(host, workers, [KEYS.a]))[0]).toBeGreaterThan(0);
    const traffic = readFileSync(join(folder, "a.pcap"), "latin1");
    expect(traffic).toContain(PLACEHOLDER);
    for (const real of realKeys) expect(traffic).not.toContain(real);
  });

  it("hides files with keys from other users, and puts no key in arguments", async () => {
    expect((await host.run("stat", "-c", "%a", "/run/microvm-gateway/anthropic.keys")).trim()).toBe("400");
    expect(await host.run("sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ")).not.toContain("sk-r");
    expect(readFileSync(join(folder, "gateway.conf"), "utf8")).not.toContain("sk-r");
    const capture = readFileSync(join(folder, "a.pcap"), "latin1");
    expect(capture).toContain("POST /v1/messages");
    expect(capture).not.toContain("sk-r");
  });
});
