/**
 * The image of all lab guests, and virtiofsd for their host. `image/build.sh` builds them outside the source tree when
 * the recipe changes.
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { buildFolder, folderOf } from "./cache.js";

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
const folder = folderOf("lab", RECIPE);

export const imageIsCached = (): boolean => existsSync(folder);

/** The SHA-256 of a file, in hexadecimal. */
export const sha256 = async (file: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
};

/** @throws Error with the end of its log if the image cannot be built. */
export const image = async (): Promise<Image> => {
  await buildFolder(folder, ["sh", join(RECIPE, "build.sh")], async (unfinished) => {
    writeFileSync(join(unfinished, "root.sha256"), await sha256(join(unfinished, "root.ext4")));
  });
  const at = (name: string): string => join(folder, name);
  return {
    kernel: at("vmlinuz"),
    initrd: at("initrd"),
    root: at("root.ext4"),
    virtiofsd: at("virtiofsd"),
    rootSha256: readFileSync(at("root.sha256"), "utf8"),
  };
};
