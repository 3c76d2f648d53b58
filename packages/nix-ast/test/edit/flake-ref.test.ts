/** Compares flake references with `builtins.parseFlakeRef` and `builtins.flakeRefToString`. */
import { describe, expect, it } from "vitest";
import { parseFlakeRef, showFlakeRef, type FlakeRef } from "../../src/edit/edit.js";
import { evaluate, everyNix, isRefused, nameOf } from "../nix.js";

const REV = "23a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3";

const TEXTS: readonly string[] = [
  "nixpkgs",
  "nixpkgs/nixos-24.05",
  `nixpkgs/${REV}`,
  `nixpkgs/main/${REV}`,
  "Nixpkgs_2",
  "flake:nixpkgs",
  "flake:nixpkgs/a@b",
  "nixpkgs/a/b/c",
  "flake:1x",
  "github:NixOS/nixpkgs",
  "github:NixOS/nixpkgs/nixos-25.11?dir=lib",
  `github:a/b/${REV}`,
  "github:a/b/feat/x",
  "github:a/b/refs/tags/v1",
  "github:a/b//c",
  "github:a/b!c/d+e@f",
  "github:a/b?ref=x",
  `github:a/b?rev=${REV}`,
  "github:a/b?host=git.example.org",
  "github:a/b?dir=a b",
  "github:a/b/x?ref=y",
  "github:a/b/..",
  "github:a/b/x.lock",
  "github:a/b#x",
  "github:a",
  "gitlab:a%2Fsub/b",
  "sourcehut:~x/y/z",
  "git+https://example.org/a/b",
  `git+https://example.org/a/b?ref=main&rev=${REV}&submodules=1&foo=bar`,
  "git+https://example.org/a?dir=sub/dir&ref=a%2Fb",
  "git+https://user@example.org/a?submodules=0&lfs=1",
  "git+https://example.org/a?ref=-x",
  "git+ssh://git@github.com/a/b.git?shallow=1",
  "git+ssh://git@example.org:22/a/b",
  "git+ssh://git@github.com:org/repo.git",
  "git://example.org/a",
  "git+file:///home/x",
  "git+file:/home/x",
  "hg+https://example.org/a?ref=x",
  "https://example.org/a.tar.gz",
  "https://example.org/a",
  "https://[::1]:80/a!$&(),;=:@+~'*.zip",
  "https://example.org/a.zip?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=&x=y",
  "https://example.org/source.tar.gz?rev=abc&revCount=5",
  "https://example.org:80x/a.zip",
  "https://example.org/x y.tar.gz",
  "http://EXAMPLE.org/A.tar.xz",
  "tarball+https://example.org/a",
  "file+https://example.org/a",
  "file:///tmp/x.tar.gz",
  "path:/abs/x",
  "path:/a%20b!*",
  "path:/abs/x?lastModified=3",
  "path:/x?foo=1",
  "path://host/x",
  "/abs/x",
  "/abs/x?dir=y",
  "/abs//x/",
  "foo:bar",
];

const REFS: readonly FlakeRef[] = [
  { type: "indirect", id: "nixpkgs", ref: "a/b" },
  { type: "github", owner: "a", repo: "b", ref: "feat/x", dir: "c" },
  { type: "github", owner: "a", repo: "b", ref: "x", rev: REV },
  { type: "gitlab", owner: "a/sub", repo: "b", host: "example.org" },
  { type: "git", url: "https://example.org/a?x=y", ref: "main", submodules: true, shallow: false },
  { type: "git", url: "git://example.org/a", rev: REV },
  {
    type: "tarball",
    url: "https://example.org/a.tar.gz",
    narHash: "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
  },
  { type: "path", path: "/a b", lastModified: 3 },
];

const withFlakes = everyNix.filter(({ version: [major, minor] }) => major > 2 || minor >= 34);
const read = (text: string): FlakeRef | null => {
  const ref = parseFlakeRef(text);
  return ref._tag === "Right" ? ref.right : null;
};
const shown = (ref: FlakeRef): string | null => {
  const text = showFlakeRef(ref);
  return text._tag === "Right" ? text.right : null;
};
const attributes = (ref: FlakeRef): string =>
  Object.entries(ref)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)};`)
    .join(" ");
/** A Nix string. */
const quoted = (text: string): string => JSON.stringify(text).replaceAll("$", "\\$");

if (withFlakes.length === 0) it.skip("flake references: set MICROVM_EMIT_NIX_CURRENT to Nix 2.34 or newer");
describe.each(withFlakes.map((nix) => [nameOf(nix), nix] as const))("as %s", (_, nix) => {
  it("parseFlakeRef reads the same attributes", () => {
    const valid = TEXTS.filter((text) => read(text) !== null);
    expect(valid.length).toBeGreaterThan(40);
    const wanted = evaluate(nix, `map builtins.parseFlakeRef [ ${valid.map(quoted).join(" ")} ]`);
    expect(valid.map((text) => [text, read(text)])).toEqual(valid.map((text, i) => [text, (wanted as unknown[])[i]]));
  });

  it("showFlakeRef writes the same URLs", () => {
    const refs = [...REFS, ...TEXTS.map(read)].filter((ref) => ref !== null && shown(ref) !== null) as FlakeRef[];
    expect(refs.length).toBeGreaterThan(45);
    const sets = refs.map((ref) => `{ ${attributes(ref)} }`).join(" ");
    const wanted = evaluate(nix, `map builtins.flakeRefToString [ ${sets} ]`);
    expect(refs.map((ref) => [ref, shown(ref)])).toEqual(refs.map((ref, i) => [ref, (wanted as unknown[])[i]]));
  });

  it("both refuse the same references", () => {
    const texts = TEXTS.filter((text) => read(text) === null).map((text) => `builtins.parseFlakeRef ${quoted(text)}`);
    const refs = REFS.filter((ref) => shown(ref) === null).map(
      (ref) => `builtins.flakeRefToString { ${attributes(ref)} }`,
    );
    expect(texts.length).toBeGreaterThan(8);
    expect(refs.length).toBeGreaterThan(0);
    expect([...texts, ...refs].filter((text) => !isRefused(nix, text))).toEqual([]);
  });
});

it("relative paths stay relative, and texts that are no reference have a reason", () => {
  expect(read("./machines")).toEqual({ type: "path", path: "./machines" });
  expect(read("path:../x?dir=y")).toEqual({ type: "path", path: "../x", dir: "y" });
  expect(read("")).toBeNull();
  expect(read("./a?dir=%zz")).toBeNull();
  expect(parseFlakeRef("https://example.org/data.json", { flake: false })).toEqual({
    _tag: "Right",
    right: { type: "file", url: "https://example.org/data.json" },
  });
  expect(parseFlakeRef("what:ever")).toMatchObject({ left: { message: expect.stringContaining('"what"') as string } });
});
