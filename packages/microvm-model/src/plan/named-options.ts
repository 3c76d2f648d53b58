import { z } from "zod";
import { packageSchema } from "../scalars/terms.js";

/** An option that is given by name, as the schema knows it. */
export interface NamedOption {
  /** Its attribute path below `microvm`. */
  readonly option: readonly [string, ...string[]];
  /** The type of its value: data, a package, or packages by name. */
  readonly takes: "data" | "package" | "packages";
}

/** The options that a schema of them knows: its leaves. */
export const optionsIn = (schema: z.ZodObject, above: readonly string[] = []): readonly NamedOption[] =>
  Object.entries<z.core.$ZodType>(schema.shape).flatMap(([name, part]): readonly NamedOption[] => {
    const inner = withoutWrappers(part);
    if (inner instanceof z.ZodObject) return optionsIn(inner, [...above, name]);
    const [first, ...rest] = [...above, name];
    return [{ option: [first, ...rest], takes: takenBy(inner) }];
  });

const withoutWrappers = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? withoutWrappers(schema.unwrap()) : schema;

const takenBy = (schema: z.core.$ZodType): NamedOption["takes"] => {
  if (schema === packageSchema) return "package";
  const record = schema instanceof z.ZodPipe ? schema.in : schema;
  return record instanceof z.ZodRecord && record.valueType === packageSchema ? "packages" : "data";
};
