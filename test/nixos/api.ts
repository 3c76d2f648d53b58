/** An API outside of a host, for which the host has a key. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PYTHON } from "../lab/requirements.js";
import type { Host } from "./host.js";

const ADDRESS = "203.0.113.30";
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");

/** Starts the API, and gives its certificate to the host. It answers with each request that it gets, and with hashes for keys. */
export const openApi = async ({ outside, folder, run }: Host): Promise<void> => {
  const [key, certificate] = ["api-key.pem", "api-cert.pem"].map((name) => join(folder, name));
  await outside.script(`
    ip addr add ${ADDRESS}/24 dev outside
    test -e ${String(key)} || openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=api.example \
      -addext subjectAltName=DNS:api.example -keyout ${String(key)} -out ${String(certificate)} 2>/dev/null
    install -D -m 644 ${String(certificate)} ${folder}/root/var/lib/api/cert.pem`);
  await outside.serve(
    [":8443"],
    join(folder, "api.log"),
    ...([PYTHON, file("../lab/gateway-upstream.py"), ADDRESS, "8443", String(certificate), String(key)] as const),
  );
  await run("test -r /var/lib/api/cert.pem");
};

/**
 * The texts of files that are in the memory of a VM, or in one of its disk images.
 *
 * @param files files of the host, each with a text to look for
 */
export const filesInVm = async (host: Host, vm: string, files: readonly string[]): Promise<readonly string[]> => {
  const found = await host.run(
    `python3 - $(systemctl show --property=MainPID --value microvm@${vm}) /var/lib/microvms/${vm} ${files.join(" ")} <<'PYTHON'
import pathlib, re, sys
process, folder, *files = sys.argv[1:]
texts = {file: pathlib.Path(file).read_bytes().strip() for file in files}
found = set()
def look(part):
    found.update(file for file, text in texts.items() if text in part)
with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
    for line in maps:
        start, end = (int(number, 16) for number in re.match(r"(\\w+)-(\\w+) r", line + " r").groups()) if re.match(r"\\w+-\\w+ r", line) else (0, 0)
        for at in range(start, end, 1 << 26):
            try:
                memory.seek(at)
                look(memory.read(min((1 << 26) + 256, end - at)))
            except (OSError, ValueError, OverflowError):
                pass
for image in pathlib.Path(folder).glob("*.img"):
    with image.open("rb") as disk:
        while part := disk.read((1 << 26) + 256):
            look(part)
            if len(part) > 256: disk.seek(-256, 1)
print(*sorted(found))
PYTHON`,
  );
  return found.split(" ").filter(Boolean);
};
