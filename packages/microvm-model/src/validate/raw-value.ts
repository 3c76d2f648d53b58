import type { z } from "zod";
import { isPlain } from "../common/is-record.js";
import type { ConfigPath } from "../problems/problem.js";

export type Issue = z.core.$ZodIssue;

export const stepsOf = ({ path }: Issue): ConfigPath =>
  path.map((step) => (typeof step === "number" ? step : String(step)));

export const at = (input: unknown, path: ConfigPath): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[step] : undefined,
    input,
  );

export const describe = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return isPlain(value) ? "an object" : `a ${value.constructor.name}`;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return show(value);
  return `a value of type ${typeof value}`;
};

export const show = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : describe(value);
};
