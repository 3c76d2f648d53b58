import { describe, expect, it } from "vitest";
import { emptyLock, planConfig, type Problem } from "../src/index.js";
import { features, hypervisors } from "../src/hypervisors.js";
import { config } from "./config.js";

const problemsOf = (input: unknown): readonly Problem[] => {
  const result = planConfig(input, emptyLock);
  return result._tag === "Left" ? result.left : result.right.warnings;
};

/** A VM that asks for nothing that some hypervisor lacks, and for each feature what asks for it alone. */
const bare = { store: "disk", workspace: false, sshHostKeys: false, vsock: false, writableStoreOverlay: null };
const share = { tag: "t", source: "/srv" };
const asking = {
  "9p": { shares: [{ ...share, proto: "9p" }] },
  "9p-read-only": { shares: [{ ...share, proto: "9p", readOnly: true }] },
  virtiofs: { shares: [share] },
  vsock: { vsock: {} },
  "no-socket": { socket: null },
} as const;

/** What microvm.nix's runners do when they are built: `!` fails, `~` is left out, `?` is doubted by its README. */
const MATRIX = `
               alioth cloud-hypervisor crosvm firecracker kvmtool qemu stratovirt
9p             !      !                ?      !           +       +    !
9p-read-only   !      !                !      !           !       +    !
virtiofs       ?      +                +      !           !       +    ?
vsock          +      +                +      +           +       +    ~
no-socket      ~      +                +      !           ~       +    +
`;
const [names = [], ...rows] = MATRIX.trim()
  .split("\n")
  .map((line) => line.trim().split(/\s+/));
const cells = rows.flatMap(([what = "", ...marks]) =>
  marks.map((mark, i) => ({ what: what as keyof typeof asking, name: names[i] ?? "", mark })),
);

describe("each hypervisor and each thing it is asked for", () => {
  it("is in the matrix", () => {
    expect(names.toSorted()).toEqual(hypervisors.toSorted());
    expect(cells).toHaveLength(features.length * hypervisors.length);
  });

  it.each(cells)("$name, $what: $mark", ({ what, name, mark }) => {
    const problems = problemsOf(config({ a: { ...bare, ...asking[what], hypervisor: name } }));
    const severity = { "+": [], "!": ["error"], "~": ["warning"], "?": ["warning"] }[mark];
    expect(problems.map((problem) => problem.severity)).toEqual(severity);
  });

  it("names what would work", () => {
    const [problem] = problemsOf(config({ a: { ...bare, ...asking["9p"], hypervisor: "firecracker" } }));
    expect(problem?.message).toBe("firecracker cannot share t over 9p");
    expect(problem?.remedy).toBe('Use proto "virtiofs", or hypervisor "kvmtool" or "qemu".');
  });

  it("tells what a VM with all the defaults asks that a hypervisor cannot do", () => {
    const codes = problemsOf(config({ a: { hypervisor: "firecracker" } })).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(["unsupported-share-proto"]));
    expect(problemsOf(config({ a: { hypervisor: "crosvm" } }))).toEqual([]);
  });
});
