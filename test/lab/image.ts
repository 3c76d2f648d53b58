/**
 * The image of all lab guests, and virtiofsd for their host. `image/build.sh` builds them outside the source tree when
 * the recipe changes.
 */
import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { tail } from "./log.js";

export interface Image {
  readonly kernel: string;
  readonly initrd: string;
  readonly root: string;
  /** The folder of virtiofsd, with its loader and libraries. */
  readonly virtiofsd: string;
  /** The checksum of the unchanged root image. */
  readonly rootSha256: string;
}

const RECIPE = fileURLToPath(new URL("image", import.meta.url));
const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "microvm-emit", "lab");

const recipeFiles = readdirSync(RECIPE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name))
  .sort();

const folder = join(
  CACHE,
  recipeFiles
    .reduce(
      (hash, file) =>
        hash
          .update(`${file.slice(RECIPE.length)}\0`)
          .update(readFileSync(file))
          .update("\0"),
      createHash("sha256"),
    )
    .digest("hex")
    .slice(0, 16),
);

export const imageIsCached = (): boolean => existsSync(folder);

/** The SHA-256 of a file, in hexadecimal. */
export const sha256 = async (file: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
};

const build = async (): Promise<void> => {
  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(join(CACHE, "unfinished-"));
  const log = join(unfinished, "build.log");
  const output = openSync(log, "w");
  try {
    const built = spawn("sh", [join(RECIPE, "build.sh"), unfinished], { stdio: ["ignore", output, output] });
    const [status] = (await once(built, "exit")) as [number | null];
    if (status !== 0) throw new Error(`The image was not built:\n${tail(log, 40)}`);
    writeFileSync(join(unfinished, "root.sha256"), await sha256(join(unfinished, "root.ext4")));
    try {
      renameSync(unfinished, folder);
    } catch (error) {
      // Another process has built the same image in the meantime.
      if (!imageIsCached()) throw error;
    }
  } finally {
    closeSync(output);
    rmSync(unfinished, { recursive: true, force: true });
  }
};

/** @throws Error with the end of its log if the image cannot be built. */
export const image = async (): Promise<Image> => {
  if (!imageIsCached()) await build();
  const at = (name: string): string => join(folder, name);
  return {
    kernel: at("vmlinuz"),
    initrd: at("initrd"),
    root: at("root.ext4"),
    virtiofsd: at("virtiofsd"),
    rootSha256: readFileSync(at("root.sha256"), "utf8"),
  };
};
