import { camelCase, type ConfigPath, formatPath } from "@microvm-emit/model";
import { requireBabelParser } from "../commonjs.js";
import { openModules } from "../locate/locate.js";
import {
  type Binding,
  type Expression,
  isOurs,
  lookUp,
  type ObjectLiteral,
  plainKey,
  type Property,
  readModule,
  type Scope,
  type Statement,
  type Written,
} from "../locate/syntax.js";
import { type Reached, walkOf } from "../locate/values.js";
import { placeAtOffset } from "../../report/place.js";
import { type Braces, type BraceStyle, type Member, linesOf, memberAt, withMember, withoutMember } from "./braces.js";
import type { Drafts } from "./drafts.js";
import { type Editor, NotEditable, type Setting, type Settings, type VmAt, vmPath } from "./editor.js";
import { indentationAt, indentationStep, indented, lineBreakOf, nextLine, splice } from "./source-text.js";

/**
 * Edits TypeScript, JavaScript and JSON: of all, the object literals. jsonc-parser's own `modify` loses the comment behind the
 * property before the one that it removes.
 *
 * @param loaded the config as loaded, which tells apart several places that may say a value.
 */
export const javascriptEditor = (config: string, loaded: unknown, drafts: Drafts): Editor => {
  let walked: ((path: ConfigPath) => Reached) | undefined;
  /** Follows a path through the sources, which are parsed once until one of them changes. */
  const walk = (path: ConfigPath): Reached => {
    walked ??= walkIn(config, loaded, drafts.read);
    return walked(path);
  };
  const write = (file: string, text: string): void => {
    drafts.write(file, text);
    walked = undefined;
  };

  const find = (path: ConfigPath): Written & { readonly node: ObjectLiteral } => {
    const { spot, literals } = walk(path);
    const objects = literals.flatMap(({ node, scope }) => (node.type === "ObjectExpression" ? [{ node, scope }] : []));
    const [only] = objects;
    if (only !== undefined && objects.length === 1) return only;
    const place = spot && placeAtOffset(spot.module.file, spot.module.source, spot.offset);
    throw new NotEditable(
      `${formatPath(path)} is ${objects.length === 0 ? "computed" : `one of ${String(objects.length)} objects`}`,
      place,
    );
  };

  const findMember = (vm: VmAt): Found => {
    const path = vmPath(vm);
    const { node, scope } = find(path.slice(0, -1));
    const { file, source } = scope.module;
    const position = node.properties.findLastIndex(
      (member) => member.type === "ObjectProperty" && plainKey(member) === vm.name,
    );
    const member = node.properties[position];
    if (member?.type === "ObjectProperty") return { file, text: source, node, scope, member, position };
    const computed = node.properties.find((one) => one.type === "SpreadElement" || one.computed);
    throw new NotEditable(
      `${formatPath(path)} is computed`,
      placeAtOffset(file, source, (computed ?? node).start ?? 0),
    );
  };

  /** Writes a member behind those of an object. */
  const append = ({ node, scope: { module } }: Written & { readonly node: ObjectLiteral }, member: Member): void => {
    const { file, source } = module;
    write(file, withMember(source, bracesOf(node), member, styleOf(file, source)));
  };

  /** Writes a VM behind those of a host, and the object for them where it has none. */
  const appendVm = (host: string, memberIn: (siblings: ObjectLiteral | undefined) => Member): void => {
    const path = ["hosts", host, "vms"];
    if (hasVms(loaded, host)) {
      const found = find(path);
      append(found, memberIn(found.node));
      return;
    }
    const found = find(path.slice(0, -1));
    const { file, source } = found.scope.module;
    const key = keyText("vms", found.node, file, source);
    const { step, lineBreak, trailingComma } = styleOf(file, source);
    append(found, {
      above: [],
      behind: "",
      text: (indentation, isAlone) => {
        const member = memberIn(undefined);
        if (!isAlone) return `${key}: { ${member.text(indentation, false)} }`;
        const lines = linesOf(member, indentation + step, trailingComma ? "," : "", lineBreak);
        return `${key}: {${lineBreak}${lines}${lineBreak}${indentation}}`;
      },
    });
  };

  /** The setting as an expression, for which imports are added. */
  const expression = (setting: Setting, { file, scope }: Target): string => {
    if (typeof setting === "string") return quoted(setting, file, drafts.read(file) ?? "");
    if ("catalogue" in setting) {
      const called = usesNames(loaded) ? undefined : imported(camelCase(setting.catalogue), file, scope);
      return called === undefined ? quoted(setting.catalogue, file, drafts.read(file) ?? "") : `${called}()`;
    }
    return `[${setting.map((item) => expression(item, { file, scope })).join(", ")}]`;
  };

  const assignments = (settings: Settings, keys: ObjectLiteral | undefined, target: Target): readonly string[] =>
    settings.map(([name, setting]) => {
      const value = expression(setting, target);
      return `${keyText(name, keys, target.file, drafts.read(target.file) ?? "")}: ${value}`;
    });

  /** The local name of a function of ours, after an import of it where that is missing; undefined where none can be added. */
  const imported = (name: string, file: string, scope: Scope): string | undefined => {
    const text = drafts.read(file) ?? "";
    const imports = ownImports(readModule(file, text)?.statements ?? []);
    const known = imports.flatMap(({ names }) => names).find((one) => one.imported === name);
    if (known !== undefined) return known.local;
    const [into] = imports;
    if (into === undefined || lookUp(name, scope) !== undefined) return undefined;
    const isSorted = into.names.every(
      (one, at) => at === 0 || !isBefore(one.imported, into.names[at - 1]?.imported ?? ""),
    );
    const next = into.names.findIndex((one) => isBefore(name, one.imported));
    const position = isSorted && next >= 0 ? next : into.names.length;
    const member: Member = { above: [], text: () => name, behind: "" };
    const style = { ...styleOf(file, text), breaksEmpty: false };
    write(file, withMember(text, bracesOfImport(text, into), member, style, position));
    return name;
  };

  /** Takes out the imports of ours that only a text used which is gone. */
  const withoutUnused = (file: string, gone: ReadonlySet<string>): void => {
    for (const name of gone) {
      const text = drafts.read(file) ?? "";
      const statements = readModule(file, text)?.statements ?? [];
      const found = ownImports(statements).find(({ names }) => names.some(({ local }) => local === name));
      const others = statements.filter(({ type }) => type !== "ImportDeclaration");
      if (found === undefined || others.some((statement) => namesIn(statement).has(name))) continue;
      const position = found.names.findIndex(({ local }) => local === name);
      write(
        file,
        found.names.length > 1 || found.isMixed
          ? withoutMember(text, bracesOfImport(text, found), position, styleOf(file, text))
          : splice(text, found.start, nextLine(text, found.end), ""),
      );
    }
  };

  /** The text of a VM's value with further settings. */
  const withSettings = (value: string, settings: Settings, target: Target): string => {
    const text = settings.reduce((rest, [name]) => withoutPath(rest, [name], target.file) ?? rest, value);
    const literal = literalIn(text, target.file);
    const whole = drafts.read(target.file) ?? "";
    if (literal !== undefined)
      return assignments(settings, literal, target).reduce((rest, assignment) => {
        const node = literalIn(rest, target.file);
        const member: Member = { above: [], text: () => assignment, behind: "" };
        return node === undefined
          ? rest
          : withMember(rest, bracesOf(node), member, { ...styleOf(target.file, whole), breaksEmpty: false });
      }, text);
    if (settings.length === 0) return text;
    // A spread would lose the marks of `replace` and `unset`; `extend` joins lists.
    const extend = imported("extend", target.file, target.scope);
    const hasList = settings.some(([, setting]) => Array.isArray(setting));
    const replace = extend !== undefined && hasList ? imported("replace", target.file, target.scope) : undefined;
    const changes = assignments(settings, undefined, target)
      .map((one) => (replace === undefined ? one : one.replace(/^(\w+: )(\[.*\])$/, `$1${replace}($2)`)))
      .join(", ");
    return extend === undefined ? `{ ...${text}, ${changes} }` : `${extend}(${text}, { ${changes} })`;
  };

  /** Fails where a text would mean something else in another place. */
  const requireSameNames = (member: Property, from: Scope, to: Scope, vm: VmAt): void => {
    for (const name of namesIn(member.value)) {
      const binding = lookUp(name, from);
      if (isSame(binding, lookUp(name, to))) continue;
      if (binding?.kind === "import" && isOurs(binding.specifier) && from.module.file !== to.module.file) {
        if (imported(binding.name, to.module.file, to) === name) continue;
      }
      const { file, source } = from.module;
      throw new NotEditable(
        `${formatPath(vmPath(vm))} uses ${name}, which is not defined there`,
        placeAtOffset(file, source, member.start ?? 0),
      );
    }
  };

  /** The scope that a host's new VM is written in. */
  const scopeOf = (host: string): Scope => find(["hosts", host, ...(hasVms(loaded, host) ? ["vms"] : [])]).scope;

  const targetOf = (host: string): Target => {
    const scope = scopeOf(host);
    return { file: scope.module.file, scope };
  };

  const vmMember = (name: string, settings: Settings, target: Target, siblings: ObjectLiteral | undefined): Member => {
    const text = drafts.read(target.file) ?? "";
    const assigned = assignments(settings, siblings, target);
    return valueMember(keyText(name, siblings, target.file, text), assigned, siblings, target.file, text);
  };

  return {
    add: ({ host, name }, settings) => {
      // Imports are added first: they move the place of the VM.
      assignments(settings, undefined, targetOf(host));
      appendVm(host, (siblings) => vmMember(name, settings, targetOf(host), siblings));
    },
    addCopy: ({ host, name }, of, leftOut, settings) => {
      const { member, scope, text, file } = findMember(of);
      const target = targetOf(host);
      requireSameNames(member, scope, target.scope, of);
      const missing: ConfigPath[] = [];
      const bare = leftOut.reduce(
        (value, path) => {
          const without = withoutPath(value, path, file);
          if (without === undefined) missing.push(path);
          return without ?? value;
        },
        text.slice(member.value.start ?? 0, member.value.end ?? 0),
      );
      const value = withSettings(bare, settings, target);
      const from = indentationAt(text, member.start ?? 0);
      appendVm(host, (siblings) => ({
        above: [],
        behind: "",
        text: (indentation) =>
          `${keyText(name, siblings, target.file, drafts.read(target.file) ?? "")}: ${reindented(value, from, indentation, target.file)}`,
      }));
      return missing;
    },
    remove: (vm) => {
      const { file, text, node, member, position } = findMember(vm);
      write(file, withoutMember(text, bracesOf(node), position, styleOf(file, text)));
      withoutUnused(file, namesIn(member.value));
    },
    rename: (vm, name, settings) => {
      const { file, scope, member: before } = findMember(vm);
      const value = withSettings(
        (drafts.read(file) ?? "").slice(before.value.start ?? 0, before.value.end ?? 0),
        settings,
        { file, scope },
      );
      // An import may have been added above.
      const { text, node, member } = findMember(vm);
      const key = keyText(name, node, file, text);
      const [start, end] = member.shorthand
        ? [member.start ?? 0, member.end ?? 0]
        : [member.key.start ?? 0, member.value.end ?? 0];
      const between = member.shorthand ? ": " : text.slice(member.key.end ?? 0, member.value.start ?? 0);
      const written = member.computed ? quoted(name, file, text) : key;
      write(file, splice(text, start, end, `${written}${between}${value}`));
    },
    move: (vm, host) => {
      const { file, text, node, member, position, scope } = findMember(vm);
      const target = targetOf(host);
      requireSameNames(member, scope, target.scope, vm);
      const taken = memberAt(text, bracesOf(node), position, styleOf(file, text));
      const from = indentationAt(text, member.start ?? 0);
      const moved: Member = {
        ...taken,
        text: (indentation, isAlone) => reindented(taken.text(indentation, isAlone), from, indentation, file),
      };
      const source = findMember(vm);
      write(
        source.file,
        withoutMember(source.text, bracesOf(source.node), source.position, styleOf(source.file, source.text)),
      );
      appendVm(host, () => moved);
      withoutUnused(file, namesIn(member.value));
    },
    replaceText: (path, from, to) => {
      const { literals } = walk(path);
      const [literal] = literals;
      if (literals.length !== 1 || literal?.node.type !== "StringLiteral" || literal.node.value !== from) return;
      const { file, source } = literal.scope.module;
      const { start, end } = literal.node;
      write(file, splice(source, start ?? 0, end ?? 0, quoted(to, file, source)));
    },
    print: (name, settings) => {
      const value = settings.map(([key, setting]) => `${key}: ${plainExpression(setting, config)}`);
      const key = isIdentifier(name) && !isJson(config) ? name : JSON.stringify(name);
      return `${key}: ${isJson(config) ? inBraces(value.map((one) => one.replace(/^\w+/, '"$&"'))) : inBraces(value)}`;
    },
  };
};

interface Found {
  readonly file: string;
  readonly text: string;
  readonly node: ObjectLiteral;
  readonly scope: Scope;
  readonly member: Property;
  readonly position: number;
}

/** Follows paths of the config that a module exports. */
const walkIn = (
  config: string,
  loaded: unknown,
  read: (file: string) => string | undefined,
): ((path: ConfigPath) => Reached) => {
  const exported = readModule(config, read(config) ?? "")?.exports.get("default");
  if (exported === undefined) return () => ({ spot: undefined, literals: [] });
  const walk = walkOf(openModules(read));
  return (path) => walk(exported, path, { value: loaded });
};

/** True if two names have one meaning. Each call of a function has new bindings of its body. */
const isSame = (a: Binding | undefined, b: Binding | undefined): boolean =>
  a === b ||
  (a?.kind === "value" && b?.kind === "value" && a.value.node === b.value.node) ||
  (a?.kind === "part" && b?.kind === "part" && a.step === b.step && isSame(a.of, b.of)) ||
  (a?.kind === "import" &&
    b?.kind === "import" &&
    a.from === b.from &&
    a.specifier === b.specifier &&
    a.name === b.name);

/** The place for a new text. */
interface Target {
  readonly file: string;
  readonly scope: Scope;
}

const isJson = (file: string): boolean => /\.jsonc?$/.test(file);

const styleOf = (file: string, text: string): BraceStyle => ({
  comment: /\/\/[^\r\n]*|\/\*[^]*?\*\//y,
  trailingComma:
    !isJson(file) && (/,[^\S\n]*\r?\n\s*[}\])]/.test(text) || !/[^;,{[(\s][^\S\n]*\r?\n\s*[}\]]/.test(text)),
  breaksEmpty: true,
  lineBreak: lineBreakOf(text),
  step: indentationStep(text),
});

const bracesOf = ({ start, end, properties }: ObjectLiteral): Braces => ({
  open: start ?? 0,
  close: (end ?? 0) - 1,
  members: properties.map((member) => ({ start: member.start ?? 0, end: member.end ?? 0 })),
});

const hasVms = (loaded: unknown, host: string): boolean => {
  const hosts = (loaded as { readonly hosts?: Readonly<Record<string, { readonly vms?: unknown }>> }).hosts;
  return hosts?.[host]?.vms !== undefined;
};

/** True if the config gives agents and toolchains as strings. */
const usesNames = (loaded: unknown): boolean => {
  const { hosts = {} } = loaded as { readonly hosts?: Readonly<Record<string, HostLike>> };
  return Object.values(hosts)
    .flatMap(({ vms = {}, vmDefaults }) => [...Object.values(vms), vmDefaults])
    .some((vm) => typeof vm?.agent === "string" || vm?.toolchains?.some((toolchain) => typeof toolchain === "string"));
};

interface HostLike {
  readonly vms?: Readonly<Record<string, VmLike>>;
  readonly vmDefaults?: VmLike;
}

interface VmLike {
  readonly agent?: unknown;
  readonly toolchains?: readonly unknown[];
}

const isIdentifier = (name: string): boolean => /^[A-Za-z_$][\w$]*$/.test(name);

/** A key as the other keys of its object are written. */
const keyText = (name: string, siblings: ObjectLiteral | undefined, file: string, text: string): string => {
  const keys = siblings?.properties.flatMap((one) =>
    one.type === "ObjectProperty" && !one.shorthand ? [one.key] : [],
  );
  const areQuoted = keys !== undefined && keys.length > 0 && keys.every(({ type }) => type === "StringLiteral");
  return isIdentifier(name) && !areQuoted && !isJson(file) ? name : quoted(name, file, text);
};

/** A text in the quotes that the file uses most. */
const quoted = (value: string, file: string, text: string): string => {
  const double = JSON.stringify(value);
  if (isJson(file)) return double;
  let [singles, doubles] = [0, 0];
  visit(readModule(file, text)?.statements, (node) => {
    if (node.type !== "StringLiteral") return;
    if (text.charAt(node.start ?? 0) === "'") singles++;
    else doubles++;
  });
  const isSingle = singles > doubles;
  return isSingle ? `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'` : double;
};

const plainExpression = (setting: Setting, file: string): string => {
  if (typeof setting === "string") return JSON.stringify(setting);
  if ("catalogue" in setting)
    return isJson(file) ? JSON.stringify(setting.catalogue) : `${camelCase(setting.catalogue)}()`;
  return `[${setting.map((item) => plainExpression(item, file)).join(", ")}]`;
};

const inBraces = (members: readonly string[]): string => (members.length === 0 ? "{}" : `{ ${members.join(", ")} }`);

/** Longer values get a line for each setting. */
const maxValueWidth = 100;

/** A VM with its settings, in the shape of its siblings. */
const valueMember = (
  key: string,
  assigned: readonly string[],
  siblings: ObjectLiteral | undefined,
  file: string,
  text: string,
): Member => {
  const values = (siblings?.properties ?? []).flatMap((one) =>
    one.type === "ObjectProperty" && one.value.type === "ObjectExpression" && one.value.properties.length > 0
      ? [text.slice(one.value.start ?? 0, one.value.end ?? 0)]
      : [],
  );
  const areSpread =
    values.length > 0 ? values.every((value) => value.startsWith("{\n") || value.startsWith("{\r\n")) : isJson(file);
  return {
    above: [],
    behind: "",
    text: (indentation, isAlone) => {
      const inLine = `${key}: ${inBraces(assigned)}`;
      const isWide = indentation.length + inLine.length + 1 > maxValueWidth;
      if (!isAlone || assigned.length === 0 || (!areSpread && !isWide)) return inLine;
      const lineBreak = lineBreakOf(text);
      const lines = assigned.map((one) => `${indentation}${indentationStep(text)}${one}`);
      const comma = styleOf(file, text).trailingComma ? "," : "";
      return `${key}: {${lineBreak}${lines.join(`,${lineBreak}`)}${comma}${lineBreak}${indentation}}`;
    },
  };
};

const parsedExpression = (text: string, file: string): Expression | undefined => {
  try {
    return requireBabelParser().parseExpression(text, { plugins: /\.m?ts$/.test(file) ? ["typescript"] : [] });
  } catch {
    return undefined;
  }
};

/** The object literal that a text is, behind its types. */
const literalIn = (text: string, file: string): ObjectLiteral | undefined => literalOf(parsedExpression(text, file));

const literalOf = (node: Expression | null | undefined): ObjectLiteral | undefined => {
  switch (node?.type) {
    case "ObjectExpression":
      return node;
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "ParenthesizedExpression":
      return literalOf(node.expression);
    default:
      return undefined;
  }
};

/** The text of an object without the property at a path; undefined if the text has no such property. */
const withoutPath = (text: string, path: ConfigPath, file: string): string | undefined => {
  let node: Expression | undefined = parsedExpression(text, file);
  for (const [depth, step] of path.entries()) {
    if (typeof step === "number") {
      const item: Expression | undefined =
        node?.type === "ArrayExpression" && node.elements.every((one) => one !== null && one.type !== "SpreadElement")
          ? node.elements[step]
          : undefined;
      if (item === undefined) return undefined;
      node = item;
      continue;
    }
    const literal = literalOf(node);
    const position =
      literal?.properties.findLastIndex((one) => one.type === "ObjectProperty" && plainKey(one) === step) ?? -1;
    const member = literal?.properties[position];
    if (literal === undefined || member?.type !== "ObjectProperty") return undefined;
    if (depth === path.length - 1) return withoutMember(text, bracesOf(literal), position, styleOf(file, text));
    node = member.value as Expression;
  }
  return undefined;
};

/** The text with another indentation, except in templates. */
const reindented = (text: string, from: string, to: string, file: string): string => {
  const templates: { readonly start: number; readonly end: number }[] = [];
  visit(parsedExpression(text, file) ?? parsedExpression(`({${text}})`, file), ({ type, start, end }) => {
    if (type === "TemplateLiteral") templates.push({ start: start ?? 0, end: end ?? 0 });
  });
  const shift = parsedExpression(text, file) === undefined ? 2 : 0;
  return indented(text, from, to, (offset) =>
    templates.some(({ start, end }) => start < offset + shift && offset + shift < end),
  );
};

interface AnyNode {
  readonly type: string;
  readonly start?: number | null;
  readonly end?: number | null;
}

const visit = (node: unknown, see: (node: AnyNode, key: string) => void, key = ""): void => {
  if (Array.isArray(node)) for (const item of node as unknown[]) visit(item, see, key);
  else if (typeof node === "object" && node !== null && "type" in node) {
    see(node as AnyNode, key);
    for (const [name, part] of Object.entries(node))
      if (!isNameOnly(node, name) && typeof part === "object" && !notNodes.has(name)) visit(part, see, name);
  }
};

const notNodes: ReadonlySet<string> = new Set(["loc", "extra", "leadingComments", "trailingComments", "innerComments"]);

/** True for a name that is a key, not a variable. */
const isNameOnly = (node: object, part: string): boolean => {
  const { type, computed } = node as { readonly type?: unknown; readonly computed?: unknown };
  return (
    computed !== true &&
    ((part === "key" && (type === "ObjectProperty" || type === "ObjectMethod")) ||
      (part === "property" && (type === "MemberExpression" || type === "OptionalMemberExpression")))
  );
};

/** The names of variables and types in a part of a program. */
const namesIn = (node: unknown): ReadonlySet<string> => {
  const names = new Set<string>();
  visit(node, (one) => {
    if (one.type === "Identifier") names.add((one as AnyNode & { readonly name: string }).name);
  });
  return names;
};

interface OwnImport {
  readonly start: number;
  readonly end: number;
  /** Its names in braces. */
  readonly names: readonly {
    readonly imported: string;
    readonly local: string;
    readonly start: number;
    readonly end: number;
  }[];
  /** It has a default or namespace import too. */
  readonly isMixed: boolean;
}

/** The imports by name from us. */
const ownImports = (statements: readonly Statement[]): readonly OwnImport[] =>
  statements.flatMap((statement) => {
    if (statement.type !== "ImportDeclaration" || statement.importKind === "type" || !isOurs(statement.source.value))
      return [];
    const names = statement.specifiers.flatMap((one) =>
      one.type === "ImportSpecifier"
        ? [
            {
              imported: one.imported.type === "Identifier" ? one.imported.name : one.imported.value,
              local: one.local.name,
              start: one.start ?? 0,
              end: one.end ?? 0,
            },
          ]
        : [],
    );
    return names.length === 0
      ? []
      : [
          {
            start: statement.start ?? 0,
            end: statement.end ?? 0,
            names,
            isMixed: names.length < statement.specifiers.length,
          },
        ];
  });

const bracesOfImport = (text: string, { names }: OwnImport): Braces => ({
  open: text.lastIndexOf("{", names[0]?.start ?? 0),
  close: text.indexOf("}", names.at(-1)?.end ?? 0),
  members: names,
});

const isBefore = (a: string, b: string): boolean => a.toLowerCase() < b.toLowerCase();
