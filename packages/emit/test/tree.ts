import { mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory that is removed after the test. */
export const temporaryDirectory = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "emit-test-"));
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
};

/** All entries below a directory: path → text of a file, `-> target` of a symlink, `null` of a directory. */
export const treeOf = (dir: string): Record<string, string | null> =>
  Object.fromEntries(
    readdirSync(dir, { withFileTypes: true })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry): [string, string | null][] => {
        const full = join(dir, entry.name);
        if (entry.isSymbolicLink()) return [[entry.name, `-> ${readlinkSync(full)}`]];
        if (!entry.isDirectory()) return [[entry.name, readFileSync(full, "utf8")]];
        const below = Object.entries(treeOf(full)).map(([path, text]): [string, string | null] => [
          `${entry.name}/${path}`,
          text,
        ]);
        return [[entry.name, null], ...below];
      }),
  );

/** Writes files, path → text. */
export const layOut = (dir: string, files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
};
