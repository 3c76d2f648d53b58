import { type ConfigPath, formatPath } from "@microvm-emit/model";
import {
  Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { parseYaml } from "../locate/yaml-place.js";
import { placeAtOffset } from "../../report/place.js";
import {
  type Braces,
  type BraceStyle,
  type Member,
  linesWithBlank,
  memberAt,
  withMember,
  withoutMember,
} from "./braces.js";
import type { Drafts } from "./drafts.js";
import { type Editor, NotEditable, type Setting, type Settings, type VmAt, vmPath } from "./editor.js";
import {
  indentationAt,
  indentationStep,
  isBelowBlankLine,
  lineBreakOf,
  lineStart,
  nextLine,
  splice,
} from "./source-text.js";

/**
 * Edits YAML. The parsed document gives the places to change in the text. Printing the whole document would lose the
 * spaces and line breaks of its author.
 */
export const yamlEditor = (config: string, drafts: Drafts): Editor => {
  const edit = (change: (text: string) => string): void => {
    const text = drafts.read(config) ?? "";
    try {
      drafts.write(config, change(text));
    } catch (error) {
      throw error instanceof Unwritten
        ? new NotEditable(error.message, placeAtOffset(config, text, error.offset ?? 0))
        : error;
    }
  };
  return {
    add: (vm, settings) => {
      edit((text) => withVm(text, vm.host, vmLines(text, vm, settings)));
    },
    addCopy: (vm, of, leftOut, settings) => {
      const missing: ConfigPath[] = [];
      edit((text) => {
        const found = find(text, vmPath(of));
        const copied = withoutAnchors(entryText(text, found, false));
        const renamed = withKey(copied, [of.name], vm.name);
        const bare = leftOut.reduce((rest, path) => {
          const whole = [vm.name, ...path];
          if (isWritten(rest, whole)) return without(rest, whole);
          missing.push(path);
          return rest;
        }, renamed);
        return withVm(text, vm.host, linesOfText(withSettings(bare, [vm.name], settings, indentationStep(text))));
      });
      return missing;
    },
    remove: (vm) => {
      edit((text) => without(text, vmPath(vm)));
    },
    rename: (vm, name, settings) => {
      edit((text) => {
        const renamed = withKey(text, vmPath(vm), name);
        return withSettings(renamed, vmPath({ ...vm, name }), settings, indentationStep(text));
      });
    },
    move: (vm, host) => {
      edit((text) => {
        const moved = linesOfText(entryText(text, find(text, vmPath(vm)), true));
        return withVm(without(text, vmPath(vm)), host, moved);
      });
    },
    append: (vm, setting, present, item) => {
      edit((text) => {
        const path = vmPath(vm);
        const whole = [...path, setting];
        const list = isWritten(text, whole) ? find(text, whole).value : undefined;
        if (isSeq(list) && list.items.length > 0) return withItem(text, list, scalarText(item));
        const items = [...present.filter((one) => typeof one === "string"), item];
        return withSettings(text, path, [[setting, items]], indentationStep(text));
      });
    },
    replaceText: (path, from, to) => {
      edit((text) => {
        if (!isWritten(text, path)) return text;
        const { value } = find(text, path);
        if (!isScalar(value) || value.value !== from || value.range == null) return text;
        return splice(text, value.range[0], value.range[1], scalarText(to));
      });
    },
    print: (name, settings) => linesOfText(rendered({ [name]: vmDataOf(settings) }, true, "  ")).join("\n"),
  };
};

/** The text does not have the form that an edit needs. */
class Unwritten extends Error {
  readonly offset: number | undefined;

  constructor(message: string, offset: number | undefined) {
    super(message);
    this.offset = offset;
  }
}

/** The node at a path. */
interface Found {
  /** The value of an alias. */
  readonly value: unknown;
  /** The map or list that it is in. */
  readonly parent: unknown;
  readonly position: number;
  /** Undefined for an item of a list. */
  readonly pair: Pair | undefined;
}

const lookFor = (document: Document, path: ConfigPath): Found | { readonly missing: number; readonly at: unknown } => {
  let found: Found = { value: document.contents, parent: undefined, position: 0, pair: undefined };
  for (const [depth, step] of path.entries()) {
    const parent = isAlias(found.value) ? found.value.resolve(document) : found.value;
    const position = isMap(parent)
      ? parent.items.findIndex(({ key }) => isScalar(key) && String(key.value) === String(step))
      : isSeq(parent) && Number(step) < parent.items.length
        ? Number(step)
        : -1;
    if (position === -1) return { missing: depth, at: parent };
    const item: unknown = isMap(parent) ? parent.items[position] : undefined;
    const pair = item as Pair | undefined;
    found = {
      parent,
      position,
      pair,
      value: pair === undefined ? (parent as { items: unknown[] }).items[position] : pair.value,
    };
  }
  return found;
};

const find = (text: string, path: ConfigPath): Found => {
  const found = lookFor(parseYaml(text), path);
  if (!("missing" in found)) return found;
  throw new Unwritten(`${formatPath(path)} is not written out at this place`, startOf(found.at));
};

const isWritten = (text: string, path: ConfigPath): boolean => !("missing" in lookFor(parseYaml(text), path));

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

/** The end of a node without the blanks and comments after it; for a block scalar, the start of the next line. */
const contentEnd = (node: unknown): number => {
  if (isCollection(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    return isMap(node) ? pairEnd(last as Pair) : contentEnd(last);
  }
  return isNode(node) ? (node.range?.[1] ?? 0) : 0;
};

const pairEnd = ({ key, value }: Pair): number => Math.max(contentEnd(key), contentEnd(value));

/** The offset after the colon of a key. */
const behindColon = (text: string, { key }: Pair): number => text.indexOf(":", contentEnd(key)) + 1;

const columnOf = (text: string, at: number): number => at - lineStart(text, at);

/** The end of an entry of a block map: the start of the line after it, and after the comments with more indentation. */
const entryEnd = (text: string, pair: Pair): number => {
  const column = columnOf(text, startOf(pair.key) ?? 0);
  const content = pairEnd(pair);
  let end = content > 0 && text[content - 1] === "\n" ? content : nextLine(text, content);
  for (let at = end; at < text.length; at = nextLine(text, at)) {
    const line = text.slice(at, nextLine(text, at));
    if (line.trim() === "") continue;
    if (!line.trimStart().startsWith("#") || indentationAt(text, at).length <= column) break;
    end = nextLine(text, at);
  }
  return end;
};

/** The start of an entry of a block map with the comments directly above it. */
const entryStart = (text: string, { key }: Pair): number => {
  let start = lineStart(text, startOf(key) ?? 0);
  const column = columnOf(text, startOf(key) ?? 0);
  while (start > 0) {
    const above = lineStart(text, start - 1);
    const isComment = text.slice(above, start).trimStart().startsWith("#");
    if (!isComment || indentationAt(text, above).length !== column) break;
    start = above;
  }
  return start;
};

const flowStyle = (text: string): BraceStyle => ({
  comment: /#[^\r\n]*/y,
  trailingComma: false,
  breaksEmpty: false,
  // YAML requires the closing brace to be indented more than the key, but no formatter does this.
  breaksWide: false,
  lineBreak: lineBreakOf(text),
  step: indentationStep(text),
});

const bracesOf = (map: YAMLMap): Braces => ({
  open: map.range?.[0] ?? 0,
  close: (map.range?.[1] ?? 1) - 1,
  members: map.items.map((pair) => ({ start: startOf(pair.key) ?? 0, end: pairEnd(pair) })),
});

/** The text of an entry as a separate document, with or without the comments around it. */
const entryText = (text: string, { parent, position, pair }: Found, withComments: boolean): string => {
  if (!isMap(parent) || pair === undefined) throw new Unwritten("it is no entry of a map", startOf(parent));
  if (parent.flow === true) {
    const { above, behind, text: entry } = memberAt(text, bracesOf(parent), position, flowStyle(text));
    const lines = withComments ? [...above, entry("", true) + behind] : [entry("", true)];
    return `${lines.join("\n")}\n`;
  }
  const start = withComments ? entryStart(text, pair) : lineStart(text, startOf(pair.key) ?? 0);
  const end = withComments || isBlock(pair.value) ? entryEnd(text, pair) : pairEnd(pair);
  const indentation = indentationAt(text, start);
  const lines = text.slice(start, end).trimEnd().split(/\r?\n/);
  return `${lines.map((line) => (line.startsWith(indentation) ? line.slice(indentation.length) : line.trimStart())).join("\n")}\n`;
};

const isBlock = (value: unknown): boolean => isCollection(value) && value.flow !== true;

const linesOfText = (text: string): readonly string[] => text.trimEnd().split(/\r?\n/);

/** The text without an entry and its comments. */
const without = (text: string, path: ConfigPath): string => {
  const { parent, position, pair } = find(text, path);
  if (!isMap(parent) || pair === undefined)
    throw new Unwritten(`${formatPath(path)} is no entry of a map`, startOf(parent));
  if (parent.flow === true) return withoutMember(text, bracesOf(parent), position, flowStyle(text));
  const [start, end] = [entryStart(text, pair), entryEnd(text, pair)];
  if (columnOf(text, startOf(pair.key) ?? 0) !== indentationAt(text, startOf(pair.key) ?? 0).length)
    throw new Unwritten(`${formatPath(path)} begins in the middle of a line`, startOf(pair.key));
  const [isFirst, isLast] = [position === 0, position === parent.items.length - 1];
  const lines = linesWithBlank(text, { start, end }, { isFirst, isLast });
  const cut = splice(text, lines.start, lines.end, "");
  // The last line of a file may have no break.
  const kept = lines.end === text.length && !text.endsWith("\n") ? cut.replace(/\r?\n$/, "") : cut;
  if (!isFirst || !isLast) return kept;
  const outer = path.length === 1 ? undefined : find(text, path.slice(0, -1)).pair;
  const at = outer === undefined ? start : behindProperties(text, outer);
  return splice(kept, at, at, outer === undefined ? "{}" : " {}");
};

/** The offset after the anchor and the tag of a value, or after the colon. */
const behindProperties = (text: string, pair: Pair): number => {
  const at = behindColon(text, pair);
  return at + (/^(?:[^\S\n]+[&!]\S*)*/.exec(text.slice(at))?.[0].length ?? 0);
};

/** An entry to write, its lines without indentation. */
type Lines = readonly string[];

/** The text with another VM at the end of a host's VMs. */
const withVm = (text: string, host: string, lines: Lines): string => {
  const path = ["hosts", host, "vms"];
  if (isWritten(text, path)) return withEntry(text, path, lines);
  const isFlow = isFlowMap(find(text, path.slice(0, -1)).value);
  return withEntry(
    text,
    path.slice(0, -1),
    isFlow ? [`vms: { ${inFlow(lines, text)} }`] : ["vms:", ...furtherIn(lines, indentationStep(text))],
  );
};

/** The text with another entry at the end of the map at a path. */
const withEntry = (text: string, path: ConfigPath, lines: Lines): string => {
  const found = find(text, path);
  const map = isAlias(found.value) ? found.value.resolve(parseYaml(text)) : found.value;
  const { pair } = found;
  if (isMap(map) && map.flow !== true) return behindEntries(text, map, lines);
  const isInBlock = pair !== undefined && !isFlowMap(found.parent);
  if (isMap(map)) {
    const braces = bracesOf(map);
    const isEmpty = text.slice(braces.open + 1, braces.close).trim() === "";
    if (isEmpty && isInBlock && found.value === map) return asBlock(text, pair, lines);
    const member: Member = { above: [], behind: "", text: () => inFlow(lines, text) };
    return withMember(text, braces, member, flowStyle(text));
  }
  if (isInBlock && isNothing(map)) return asBlock(text, pair, lines);
  throw new Unwritten(`${formatPath(path)} is not written as a map`, startOf(found.value));
};

/** The text with another item at the end of a list. */
const withItem = (text: string, list: YAMLSeq, item: string): string => {
  const members = list.items.map((one) => ({ start: startOf(one) ?? 0, end: contentEnd(one) }));
  const last = members.at(-1) ?? { start: 0, end: 0 };
  if (list.flow === true) {
    const braces: Braces = { open: startOf(list) ?? 0, close: (list.range?.[1] ?? 1) - 1, members };
    return withMember(text, braces, { above: [], behind: "", text: () => item }, flowStyle(text));
  }
  return withLines(text, nextLine(text, last.end), [`${indentationAt(text, last.start)}- ${item}`]);
};

const isFlowMap = (node: unknown): boolean => isMap(node) && node.flow === true;

const isNothing = (node: unknown): boolean => node === null || (isScalar(node) && node.value === null);

const behindEntries = (text: string, map: YAMLMap, lines: Lines): string => {
  const last = map.items.at(-1);
  if (last === undefined) throw new Unwritten("a map has no entries", startOf(map));
  const isSpaced = map.items.length > 1 && isBelowBlankLine(text, entryStart(text, last));
  const indentation = " ".repeat(columnOf(text, startOf(last.key) ?? 0));
  return withLines(text, entryEnd(text, last), [...(isSpaced ? [""] : []), ...furtherIn(lines, indentation)]);
};

/** Replaces a missing value, or a value in another style, by a block. */
const asBlock = (text: string, pair: Pair, lines: Lines): string => {
  const at = behindProperties(text, pair);
  const bare = splice(text, at, Math.max(at, pairEnd(pair)), "");
  const indentation = " ".repeat(columnOf(text, startOf(pair.key) ?? 0)) + indentationStep(text);
  return withLines(bare, nextLine(bare, at), furtherIn(lines, indentation));
};

/** The text with more lines at the start of one. */
const withLines = (text: string, at: number, lines: Lines): string => {
  const lineBreak = lineBreakOf(text);
  const added = lines.join(lineBreak);
  return at === text.length && !text.endsWith("\n")
    ? text + lineBreak + added
    : splice(text, at, at, added + lineBreak);
};

const furtherIn = (lines: Lines, indentation: string): Lines =>
  lines.map((line) => (line === "" ? "" : indentation + line));

/** An entry for a flow map, which cannot contain a block. */
const inFlow = (lines: Lines, text: string): string => {
  const whole = lines.join("\n");
  const { contents } = parseYaml(whole);
  if (isMap(contents) && contents.items.some(({ value }) => isBlock(value)))
    throw new Unwritten("a flow map (`{ … }`) cannot contain an indented one", startOf(parseYaml(text).contents));
  return whole;
};

/** The text with further settings of the VM at a path. */
const withSettings = (text: string, path: ConfigPath, settings: Settings, step: string): string =>
  settings.reduce((rest, [name, setting]) => {
    const bare = isWritten(rest, [...path, name]) ? without(rest, [...path, name]) : rest;
    const { value, pair, parent } = find(bare, path);
    const lines = linesOfText(rendered({ [name]: dataOf(setting) }, false, step));
    if (!isAlias(value) || pair === undefined) return withEntry(bare, path, lines);
    const merged = `<<: *${value.source}`;
    if (!isFlowMap(parent)) return asBlock(bare, pair, [merged, ...lines]);
    const [start, end] = value.range ?? [0, 0];
    return splice(bare, start, end, `{ ${[merged, ...lines].join(", ")} }`);
  }, text);

const withKey = (text: string, path: ConfigPath, name: string): string => {
  const { pair } = find(text, path);
  const [start, end] = (isNode(pair?.key) ? pair.key.range : undefined) ?? [0, 0];
  return splice(text, start, end, scalarText(name));
};

/** A new VM, in the style of the last one of its host. */
const vmLines = (text: string, { host, name }: VmAt, settings: Settings): Lines => {
  const found = lookFor(parseYaml(text), ["hosts", host, "vms"]);
  const siblings = !("missing" in found) && isMap(found.value) ? found.value : undefined;
  const values = (siblings?.items ?? []).flatMap(({ value }) =>
    isMap(value) && value.items.length > 0 ? [value] : [],
  );
  const isFlow =
    settings.length === 0 || values.at(-1)?.flow === true || (siblings?.flow === true && siblings.items.length > 0);
  return linesOfText(rendered({ [name]: vmDataOf(settings) }, isFlow, indentationStep(text)));
};

const dataOf = (setting: Setting): unknown => {
  if (typeof setting === "string") return setting;
  if ("catalogue" in setting) return setting.catalogue;
  return "fields" in setting ? setting.fields : setting.map(dataOf);
};

const vmDataOf = (settings: Settings): object =>
  Object.fromEntries(settings.map(([name, setting]) => [name, dataOf(setting)]));

/** A map as text; its values are flow maps or blocks, its lists are always on one line. */
const rendered = (data: object, isFlow: boolean, step: string): string => {
  const document = new Document(data);
  visit(document, {
    Seq: (_, list) => {
      list.flow = true;
    },
    Map: (_, map, path) => {
      if (path.length > 1) map.flow = isFlow;
    },
  });
  return document.toString({ lineWidth: 0, indent: step.length });
};

const scalarText = (value: string): string => new Document(value).toString({ lineWidth: 0 }).trimEnd();

/** The text without its anchors, except those that it uses itself. */
const withoutAnchors = (text: string): string => {
  const document = parseYaml(text);
  const anchors: { readonly start: number; readonly name: string }[] = [];
  const used = new Set<string>();
  visit(document, {
    Alias: (_, { source }) => {
      used.add(source);
    },
    Node: (_, node) => {
      const name = isAlias(node) ? undefined : node.anchor;
      if (name !== undefined) anchors.push({ start: text.lastIndexOf(`&${name}`, node.range?.[0]), name });
    },
  });
  return anchors
    .filter(({ name }) => !used.has(name))
    .toSorted((a, b) => b.start - a.start)
    .reduce((rest, { start, name }) => {
      const end = start + name.length + 1;
      return splice(rest, start, rest[end] === " " ? end + 1 : end, "");
    }, text);
};
