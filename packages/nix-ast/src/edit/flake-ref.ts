/**
 * Flake references, as text and as attributes. The rules are those of `builtins.parseFlakeRef` and
 * `builtins.flakeRefToString` of Nix 2.34; the Nix manual describes them under `nix flake`.
 */
import type { Result } from "../result.js";

/**
 * The attributes of a flake reference, such as `{ type: "github", owner: "NixOS", repo: "nixpkgs", ref: "nixos-25.11" }`.
 * Types are `indirect` (a name in the registry), `path`, `git`, `hg`, `tarball`, `file`, `github`, `gitlab` and
 * `sourcehut`.
 */
export type FlakeRef = { readonly type: string } & Readonly<Record<string, string | number | boolean>>;

/** A text or set of attributes that is not a flake reference. */
export interface FlakeRefError {
  readonly _tag: "FlakeRefError";
  /** The reason, in one sentence. */
  readonly message: string;
}

/** Options of {@link parseFlakeRef}. */
export interface FlakeRefOptions {
  /** False for an input with `flake = false`: then a URL that is not an archive is a single file. Default: true. */
  readonly flake?: boolean;
}

const FLAKE_ID = /^[a-zA-Z][a-zA-Z0-9_-]*$/;
const REV = /^[0-9a-fA-F]{40}$/;
const REF = /^[a-zA-Z0-9@][a-zA-Z0-9_./@+-]*$/;
/** `nixpkgs`, `nixpkgs/ref`, `nixpkgs/rev`, `nixpkgs/ref/rev`. */
const BY_NAME = /^[a-zA-Z][a-zA-Z0-9_-]*(?:\/[a-zA-Z0-9@][a-zA-Z0-9_./@+-]*)?$/;
const ARCHIVE = /\.(?:zip|tar|tgz|tar\.gz|tar\.xz|tar\.bz2|tar\.zst)$/;
/** Hosts of Git repositories that Nix downloads as archives. */
const FORGES: ReadonlySet<string> = new Set(["github", "gitlab", "sourcehut"]);
const HOST = /^[a-zA-Z0-9.-]*$/;
/** Parameters in the URL of a Git repository that are attributes of the reference. */
const GIT_TEXTS: ReadonlySet<string> = new Set(["rev", "ref"]);
const GIT_SWITCHES: ReadonlySet<string> = new Set(["shallow", "submodules", "lfs", "exportIgnore", "allRefs"]);
const DOWNLOAD_TEXTS = ["narHash", "rev"] as const;
const DOWNLOAD_NUMBERS = ["revCount", "lastModified"] as const;
/** Parameters that Nix does not send to the server. */
const DOWNLOAD_KEPT: ReadonlySet<string> = new Set(["url", "name", "unpack", ...DOWNLOAD_TEXTS, ...DOWNLOAD_NUMBERS]);

type Query = Map<string, string>;

interface Url {
  readonly scheme: string;
  /** Undefined without `//`. */
  readonly authority: string | undefined;
  /** Decoded. */
  readonly path: string;
  readonly query: Query;
}

class Invalid extends Error {}

/** Runs a conversion that throws {@link Invalid}. */
const attempt = <T>(convert: () => T): Result<FlakeRefError, T> => {
  try {
    return { _tag: "Right", right: convert() };
  } catch (error) {
    if (!(error instanceof Invalid || error instanceof URIError)) throw error;
    const message = error instanceof Invalid ? error.message : "the text contains an invalid percent escape";
    return { _tag: "Left", left: { _tag: "FlakeRefError", message } };
  }
};

/**
 * The attributes of a flake reference in a URL, path or name. A relative path stays relative. An error for a text that
 * Nix rejects, or that has a fragment (`#`).
 */
export const parseFlakeRef = (text: string, { flake = true }: FlakeRefOptions = {}): Result<FlakeRefError, FlakeRef> =>
  attempt(() => {
    const hash = text.indexOf("#");
    if (hash >= 0 && hash < text.length - 1) throw new Invalid("a flake reference of an input has no fragment (#)");
    const plain = hash < 0 ? text : text.slice(0, hash);
    if (BY_NAME.test(plain)) return byName(plain);
    const url = urlOf(plain) ?? pathUrl(plain);
    const dir = url.query.get("dir") ?? "";
    url.query.delete("dir");
    const ref = fromUrl(url, flake);
    return dir === "" ? ref : { ...ref, dir };
  });

/**
 * The URL of a flake reference. An error for attributes that Nix rejects.
 */
export const showFlakeRef = (ref: FlakeRef): Result<FlakeRefError, string> =>
  attempt(() => {
    const url = toUrl(ref);
    const { dir } = ref;
    if (typeof dir === "string" && dir !== "" && !url.query.has("dir")) url.query.set("dir", dir);
    return showUrl(url);
  });

const byName = (text: string): FlakeRef => {
  const [id = "", ...rest] = text.split("/").filter((part) => part !== "");
  if (!FLAKE_ID.test(id)) throw new Invalid(`${JSON.stringify(id)} is not the name of a flake in the registry`);
  const [first, second] = rest;
  if (rest.length > 2) throw new Invalid(`${JSON.stringify(text)} has more than a name, a branch and a revision`);
  if (first === undefined) return { type: "indirect", id };
  if (second === undefined) {
    return REV.test(first) ? { type: "indirect", id, rev: first } : { type: "indirect", id, ref: legalRef(first) };
  }
  return { type: "indirect", id, ref: legalRef(first), rev: legalRev(second) };
};

/** The rules of git-check-ref-format. */
const legalRef = (ref: string): string => {
  const isLegal =
    ref !== "" &&
    ref !== "@" &&
    !/[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|^\/|[/.]$/.test(ref) &&
    !ref.startsWith("-") &&
    ref.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
  if (isLegal) return ref;
  throw new Invalid(`${JSON.stringify(ref)} is not a legal name of a branch or tag`);
};

const legalRev = (rev: string): string => {
  if (REV.test(rev)) return rev;
  throw new Invalid(`${JSON.stringify(rev)} is not a commit hash of 40 hexadecimal digits`);
};

const decode = (text: string): string => decodeURIComponent(text);

const queryOf = (text: string): Query => {
  const query: Query = new Map();
  for (const part of text.split("&")) {
    const at = part.indexOf("=");
    if (at < 0) continue;
    const name = decode(part.slice(0, at));
    if (!query.has(name)) query.set(name, decode(part.slice(at + 1)));
  }
  return query;
};

const URL_TEXT = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?(.*))?$/;
const AUTHORITY = /^(?:[\w\-.~!$&'()*+,;=:%]*@)?(?:\[[0-9a-fA-F:.]+\]|[\w\-.~!$&'()*+,;=%]*)(?::\d*)?$/;

/** Undefined if the text is a path instead of a URL. */
const urlOf = (text: string): Url | undefined => {
  const found = URL_TEXT.exec(text);
  if (found === null) return undefined;
  const [, scheme = "", authority, path = "", query = ""] = found;
  if (authority !== undefined && !AUTHORITY.test(authority)) {
    throw new Invalid(`invalid host or port ${JSON.stringify(authority)} in the URL`);
  }
  // A URL has no other characters; in parameters, Nix also accepts spaces and quotes.
  if (!/^(?:[\w\-.~!$&'()*+,;=:@/]|%[0-9a-fA-F]{2})*$/.test(path)) {
    if (authority === undefined) return undefined;
    throw new Invalid("a character in the path of the URL needs a percent escape");
  }
  if (!/^(?:[\w\-.~!$&'()*+,;=:@/? "]|%[0-9a-fA-F]{2})*$/.test(query)) return undefined;
  return { scheme, authority, path, query: queryOf(query) };
};

const pathUrl = (text: string): Url => {
  const [path = "", ...query] = text.split("?");
  if (path === "") throw new Invalid("the flake reference is empty");
  const tidy = path.replaceAll(/\/+/g, "/");
  return { scheme: "path", authority: undefined, path: encodePath(tidy), query: queryOf(query.join("?")) };
};

const fromUrl = (url: Url, flake: boolean): FlakeRef => {
  const { scheme } = url;
  const plus = scheme.indexOf("+");
  const [application, transport] = plus < 0 ? [undefined, scheme] : [scheme.slice(0, plus), scheme.slice(plus + 1)];
  if (scheme === "flake") return byName(decode(url.path));
  if (scheme === "path") return fromPathUrl(url);
  if (FORGES.has(scheme)) return fromForgeUrl(url);
  if (scheme === "git" || application === "git") return fromGitUrl({ ...url, scheme: transport }, "git");
  if (application === "hg" && ["http", "https", "ssh", "file"].includes(transport)) {
    return fromGitUrl({ ...url, scheme: transport }, "hg");
  }
  const isDownload = ["file", "http", "https"].includes(transport);
  const type = application ?? (flake || ARCHIVE.test(url.path) ? "tarball" : "file");
  if (isDownload && (type === "tarball" || type === "file")) return fromDownload({ ...url, scheme: transport }, type);
  const known =
    "flake, path, git, git+https, git+ssh, git+file, hg+https, tarball+https, file+https, https, github, gitlab, sourcehut";
  throw new Invalid(`unknown kind of flake reference ${JSON.stringify(scheme)}; expected one of ${known}`);
};

const fromPathUrl = ({ authority, path, query }: Url): FlakeRef => {
  if (authority !== undefined && authority !== "") throw new Invalid("a path has no host; write path:/folder");
  const ref: Record<string, string | number> = { path: decode(path).replaceAll(/\/+/g, "/") };
  for (const [name, value] of query) {
    if (name === "rev" || name === "narHash") ref[name] = value;
    else if ((name === "revCount" || name === "lastModified") && /^\d+$/.test(value)) ref[name] = Number(value);
    else throw new Invalid(`a path has no parameter ${JSON.stringify(name)} with this value`);
  }
  return { type: "path", ...ref };
};

const fromForgeUrl = ({ scheme, path, query }: Url): FlakeRef => {
  const [owner, repo, ...rest] = path
    .split("/")
    .filter((part) => part !== "")
    .map(decode);
  if (owner === undefined || repo === undefined) throw new Invalid(`expected ${scheme}:OWNER/REPOSITORY`);
  const place = rest.join("/");
  const ref: Record<string, string> = rest.length === 0 ? {} : { [REV.test(place) ? "rev" : "ref"]: place };
  for (const name of ["rev", "ref", "host", "narHash"]) {
    const value = query.get(name);
    if (value === undefined) continue;
    if (name in ref) throw new Invalid(`the reference has two values of ${name}`);
    ref[name] = value;
  }
  return checkForge({ type: scheme, owner, repo, ...ref });
};

const checkForge = (given: FlakeRef): FlakeRef => {
  const { ref, rev, host } = given;
  if (ref !== undefined && rev !== undefined) {
    throw new Invalid(`a ${given.type} reference has either a branch or a revision, not both`);
  }
  if (ref !== undefined) legalRef(String(ref));
  if (rev !== undefined) legalRev(String(rev));
  if (host !== undefined && !HOST.test(String(host))) throw new Invalid("invalid host name");
  return given;
};

const fromGitUrl = (url: Url, type: "git" | "hg"): FlakeRef => {
  const ref: Record<string, string | boolean> = {};
  const query: Query = new Map();
  for (const [name, value] of url.query) {
    if (GIT_TEXTS.has(name)) ref[name] = value;
    else if (type === "git" && GIT_SWITCHES.has(name)) ref[name] = value === "1";
    else query.set(name, value);
  }
  if (typeof ref["ref"] === "string") {
    if (type === "git") legalRef(ref["ref"]);
    else if (!REF.test(ref["ref"])) throw new Invalid(`${JSON.stringify(ref["ref"])} is not a legal name of a branch`);
  }
  return { type, url: showUrl({ ...url, path: sameEncoding(url.path), query }), ...ref };
};

const fromDownload = (url: Url, type: "tarball" | "file"): FlakeRef => {
  const ref: Record<string, string | number> = {};
  for (const name of DOWNLOAD_TEXTS) {
    const value = url.query.get(name);
    if (value !== undefined) ref[name] = value;
  }
  for (const name of DOWNLOAD_NUMBERS) {
    const value = url.query.get(name) ?? "";
    if (/^\d+$/.test(value)) ref[name] = Number(value);
  }
  const query: Query = new Map([...url.query].filter(([name]) => !DOWNLOAD_KEPT.has(name)));
  return { type, url: showUrl({ ...url, path: sameEncoding(url.path), query }), ...ref };
};

const textOf = (ref: FlakeRef, name: string): string => {
  const value = ref[name];
  if (typeof value === "string") return value;
  throw new Invalid(`a ${ref.type} reference needs ${name}`);
};

const toUrl = (ref: FlakeRef): Url => {
  const query: Query = new Map();
  const pass = (...names: readonly string[]): void => {
    for (const name of names) if (ref[name] !== undefined) query.set(name, String(ref[name]));
  };
  const { type } = ref;
  const tail = [ref["ref"], ref["rev"]].filter((part) => part !== undefined).map(String);
  if (type === "indirect") {
    const id = textOf(ref, "id");
    if (!FLAKE_ID.test(id)) throw new Invalid(`${JSON.stringify(id)} is not the name of a flake in the registry`);
    return { scheme: "flake", authority: undefined, path: segments([id, ...tail]), query };
  }
  if (FORGES.has(type)) {
    checkForge(ref);
    pass("narHash", "host");
    const path = segments([textOf(ref, "owner"), textOf(ref, "repo"), ...tail]);
    return { scheme: type, authority: undefined, path, query };
  }
  if (type === "path") {
    pass("rev", "revCount", "lastModified", "narHash");
    return { scheme: "path", authority: undefined, path: encodePath(textOf(ref, "path")), query };
  }
  const known = urlOf(textOf(ref, "url"));
  if (known === undefined) throw new Invalid(`${JSON.stringify(ref["url"])} is not a URL`);
  const url = { ...known, path: sameEncoding(known.path), query };
  for (const [name, value] of known.query) query.set(name, value);
  switch (type) {
    case "git":
    case "hg":
      pass("rev", "ref");
      for (const name of GIT_SWITCHES) if (name !== "allRefs" && ref[name] === true) query.set(name, "1");
      return url.scheme === type ? url : { ...url, scheme: `${type}+${url.scheme.replace(/^(?:git|hg)\+/, "")}` };
    case "tarball":
    case "file":
      pass("narHash");
      return url;
    default:
      throw new Invalid(`unknown type ${JSON.stringify(type)}`);
  }
};

/** Percent-encodes everything except unreserved characters (RFC 3986) and these. */
const encode = (text: string, kept: string): string =>
  encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll(/%[0-9A-F]{2}/g, (code) => {
      const unit = String.fromCharCode(Number.parseInt(code.slice(1), 16));
      return kept.includes(unit) ? unit : code;
    });

const IN_PATH = ":@";
const segments = (parts: readonly string[]): string => parts.map((part) => encode(part, IN_PATH)).join("/");
const encodePath = (path: string): string => segments(path.split("/"));
/** An encoded path in the encoding that Nix prints. */
const sameEncoding = (path: string): string => segments(path.split("/").map(decode));

/** The text of a URL. The path is encoded. */
const showUrl = ({ scheme, authority, path, query }: Url): string => {
  const names = [...query.keys()].toSorted();
  const shown = names.map((name) => `${encode(name, ":@/?")}=${encode(query.get(name) ?? "", ":@/?")}`).join("&");
  return `${scheme}:${authority === undefined ? "" : `//${authority}`}${path}${shown === "" ? "" : `?${shown}`}`;
};
