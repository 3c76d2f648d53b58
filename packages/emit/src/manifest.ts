/** The record, in the output directory, of which files there are ours: path → SHA-256 of the text in hexadecimal. */
export type Manifest = ReadonlyMap<string, string>;

export const manifestName = ".microvm-emit.json";

const version = 1;

/** A manifest as text, one line a file, sorted: the same for the same files. */
export const printManifest = (manifest: Manifest): string => {
  const files = Object.fromEntries([...manifest].sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ version, files }, undefined, 2)}\n`;
};

/** Reads a manifest; throws an `Error` that says what is wrong with it. */
export const parseManifest = (text: string): Manifest => {
  const data: unknown = JSON.parse(text);
  if (!isRecord(data) || !isRecord(data["files"])) throw new Error("it is no record of files");
  if (data["version"] !== version) {
    throw new Error(`its version is ${JSON.stringify(data["version"])}, and this microvm-emit knows ${version}`);
  }
  return new Map(
    Object.entries(data["files"]).map(([path, hash]) => {
      if (!isInside(path)) throw new Error(`it names ${JSON.stringify(path)}, which is not inside the directory`);
      if (typeof hash !== "string") throw new Error(`it has no hash of ${JSON.stringify(path)}`);
      return [path, hash];
    }),
  );
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a relative path with `/` stays below where it starts, in its plainest form. */
export const isInside = (path: string): boolean =>
  path.split("/").every((step) => step !== "" && step !== "." && step !== "..") && !/[\\\0]/.test(path);
