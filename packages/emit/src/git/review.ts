import { Failed } from "../report/failure.js";
import { branchesOf, type Branch, branchOf, currentBranch, type Pair } from "./clone.js";
import { type Entry, modes } from "./entry.js";
import { namedFiles } from "./named.js";
import { type RiskName, risks, risksOf, risksOfCommit, type Tree } from "./risks.js";
import { fieldsOf, gitAnswer, gitOutput } from "./run.js";

/** The changes that a branch of a VM makes to the clone. */
export interface Review {
  readonly branch: string;
  readonly commit: string;
  /** The commit of the clone that it starts from; null without a common one. */
  readonly base: string | null;
  /** Commits that the clone's HEAD lacks. */
  readonly commits: readonly Commit[];
  readonly files: readonly Pick<Entry, "path" | "status">[];
  readonly findings: readonly Finding[];
}

export interface Commit {
  readonly id: string;
  readonly author: string;
  readonly date: string;
  readonly subject: string;
  readonly body: string;
}

/** A file or commit that runs something by itself or misleads. */
export interface Finding {
  /** A name in the table of risks. */
  readonly risk: string;
  /** The path of the file, or the commit. */
  readonly path: string;
  readonly runs: string;
  readonly when: string;
}

/**
 * Selects the branch of a VM: the named one, otherwise the one with the name of the clone's current branch, otherwise
 * the only one.
 *
 * @throws {Failed} `branch-missing`
 */
export const selectBranch = async (pair: Pair, typed: string | undefined): Promise<Branch> => {
  const branches = await branchesOf(pair);
  const wanted = typed ?? (await currentBranch(pair.clone));
  const found = branches.find(({ name }) => name === wanted);
  const [only, ...others] = branches;
  if (found !== undefined) return found;
  if (typed === undefined && only !== undefined && others.length === 0) return only;
  throw new Failed({
    kind: "branch-missing",
    vm: pair.vm.name,
    branch: typed,
    known: branches.map(({ name }) => name),
  });
};

/** Compares a branch of a VM with the clone's HEAD. Runs no program that the branch or its files name. */
export const reviewOf = async ({ vm, clone }: Pair, { name, commit }: Branch): Promise<Review> => {
  const head = await gitAnswer(clone, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
  const bases = head === undefined ? undefined : await gitAnswer(clone, ["merge-base", head, commit]);
  const base = bases?.split("\n")[0] ?? null;
  const from = base ?? (await gitOutput(clone, ["hash-object", "-t", "tree", "--stdin"])).toString("utf8").trim();
  const range = head === undefined ? [commit] : [commit, `^${head}`];
  try {
    const [entries, files, commits] = await Promise.all([
      entriesOf(clone, from, commit),
      filesOf(clone, commit),
      commitsOf(clone, range),
    ]);
    const paths = [...files.keys()];
    const tree = treeOf(paths);
    const named = await namedFiles(clone, paths, (wanted) => textsOf(clone, files, wanted));
    const isNamed = (path: string): boolean => named.has(path);
    const contents = await contentsOf(clone, entries);
    return {
      branch: branchOf(vm.name, name),
      commit,
      base,
      commits,
      files: entries.map(({ path, status }) => ({ path, status })),
      findings: [
        ...commits.flatMap(({ id, author, subject, body }) =>
          risksOfCommit(`${author}\n${subject}\n${body}`).map((risk) => findingOf(risk, id)),
        ),
        ...entries.flatMap((entry, at) =>
          risksOf(entry, { before: contents[2 * at], after: contents[2 * at + 1], tree, isNamed }).map((risk) =>
            findingOf(risk, entry.path),
          ),
        ),
      ],
    };
  } catch (error) {
    if (error instanceof RangeError) throw new Failed({ kind: "branch-too-large", branch: branchOf(vm.name, name) });
    throw error;
  }
};

const findingOf = (risk: RiskName, path: string): Finding => ({
  risk,
  path,
  runs: risks[risk].runs,
  when: risks[risk].when,
});

const commitsOf = async (clone: string, range: readonly string[]): Promise<readonly Commit[]> => {
  const format = "--format=%H%x00%an <%ae>%x00%aI%x00%s%x00%b";
  const args = ["log", "-z", "--no-color", "--no-notes", format, ...range, "--"];
  const fields = (await gitOutput(clone, args)).toString("utf8").split("\0");
  return fields.flatMap((id, at) =>
    at % 5 === 0 && id !== ""
      ? [
          {
            id,
            author: fields[at + 1] ?? "",
            date: fields[at + 2] ?? "",
            subject: fields[at + 3] ?? "",
            body: fields[at + 4] ?? "",
          },
        ]
      : [],
  );
};

/** Renames are an addition and a removal, so that a rule sees the new path. */
const entriesOf = async (clone: string, from: string, to: string): Promise<readonly Entry[]> => {
  const args = ["diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv"];
  const fields = fieldsOf(await gitOutput(clone, [...args, from, to, "--"]));
  return fields.flatMap((field, at) => {
    if (at % 2 !== 0) return [];
    const [before = "", after = "", was = "", is = "", status = ""] = field.slice(1).split(" ");
    return [{ path: fields[at + 1] ?? "", status, modes: { before, after }, objects: { before: was, after: is } }];
  });
};

/** The objects of a commit's files, by path. */
const filesOf = async (clone: string, commit: string): Promise<ReadonlyMap<string, string>> =>
  new Map(
    fieldsOf(await gitOutput(clone, ["ls-tree", "-r", "-z", "--full-tree", commit])).flatMap((field) => {
      const at = field.indexOf("\t");
      const [, type, object = ""] = field.slice(0, at).split(" ");
      const path = field.slice(at + 1);
      return [[path, type === "blob" ? object : ""] as const];
    }),
  );

/** The texts of files, by path; without large ones. */
const textsOf = async (
  clone: string,
  files: ReadonlyMap<string, string>,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const objects = paths.map((path) => files.get(path) ?? "").filter((id) => id !== "");
  const contents = await blobsOf(clone, [...new Set(objects)]);
  return new Map(
    paths.flatMap((path) => {
      const text = contents.get(files.get(path) ?? "");
      return text === undefined ? [] : [[path, text] as const];
    }),
  );
};

/** A path as file systems without case compare it (APFS: NFC and case folding). */
const folded = (path: string): string => path.normalize("NFC").toLowerCase().normalize("NFC");

const treeOf = (paths: readonly string[]): Tree => {
  const known = new Set(paths);
  // Folders have twins too.
  const steps = new Set(
    paths.flatMap((path) => {
      const names = path.split("/");
      return names.map((_, at) => names.slice(0, at + 1).join("/"));
    }),
  );
  const byFold = new Map<string, string[]>();
  for (const step of steps) {
    const key = folded(step);
    const same = byFold.get(key);
    if (same === undefined) byFold.set(key, [step]);
    else same.push(step);
  }
  return {
    has: (path) => known.has(path),
    twinsOf: (path) => {
      const names = path.split("/");
      return names.flatMap((_, at) => {
        const step = names.slice(0, at + 1).join("/");
        return (byFold.get(folded(step)) ?? []).filter((other) => other !== step);
      });
    },
  };
};

/** Larger files are data, not settings of a program. */
const contentLimit = 1 << 20;

/** The contents before and after each entry: undefined for none, a submodule or a large file. */
const contentsOf = async (clone: string, entries: readonly Entry[]): Promise<readonly (string | undefined)[]> => {
  const wanted = entries.flatMap(({ status, modes: { before, after }, objects }) =>
    status === "D"
      ? [undefined, undefined]
      : [[before, objects.before] as const, [after, objects.after] as const].map(([mode, object]) =>
          mode === modes.submodule || /^0+$/.test(mode) ? undefined : object,
        ),
  );
  const contents = await blobsOf(clone, [...new Set(wanted.filter((id) => id !== undefined))]);
  return wanted.map((id) => (id === undefined ? undefined : contents.get(id)));
};

/** The contents of blobs, without large ones. */
const blobsOf = async (clone: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  if (ids.length === 0) return new Map();
  const sizes = new Map<string, number>();
  const checked = await gitOutput(clone, ["cat-file", "--batch-check=%(objectname) %(objectsize)"], lines(ids));
  for (const line of checked.toString("utf8").split("\n")) {
    const [id = "", size = ""] = line.split(" ");
    sizes.set(id, Number(size));
  }
  const small = ids.filter((id) => (sizes.get(id) ?? Infinity) <= contentLimit);
  const output = await gitOutput(clone, ["cat-file", "--batch"], lines(small));
  const contents = new Map<string, string>();
  let at = 0;
  for (const id of small) {
    const start = output.indexOf("\n", at) + 1;
    const end = start + (sizes.get(id) ?? 0);
    contents.set(id, output.toString("utf8", start, end));
    at = end + 1;
  }
  return contents;
};

const lines = (ids: readonly string[]): string => ids.map((id) => `${id}\n`).join("");
