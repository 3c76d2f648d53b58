/** The shortest digits of a non-negative float, with the decimal point that makes them a float. */
export const floatText = (value: number): string => {
  const text = String(value);
  if (!text.includes("e")) return text.includes(".") ? text : `${text}.0`;
  const [digits = "", exponent = ""] = text.replace("e+", "e").split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}e${exponent}`;
};
