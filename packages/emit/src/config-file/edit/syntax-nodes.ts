interface AnyNode {
  readonly type: string;
  readonly start?: number | null;
  readonly end?: number | null;
}

/** Calls a function for each node of a syntax tree, except names of properties. */
export const visit = (node: unknown, see: (node: AnyNode) => void): void => {
  if (Array.isArray(node)) for (const item of node as unknown[]) visit(item, see);
  else if (typeof node === "object" && node !== null && "type" in node) {
    see(node as AnyNode);
    for (const [name, part] of Object.entries(node))
      if (!isNameOnly(node, name) && typeof part === "object" && !notNodes.has(name)) visit(part, see);
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
export const namesIn = (node: unknown): ReadonlySet<string> => {
  const names = new Set<string>();
  visit(node, (one) => {
    if (one.type === "Identifier") names.add((one as AnyNode & { readonly name: string }).name);
  });
  return names;
};
