/** The shortest digits that read back as `value`, which is not negative, with the point that makes them a float. */
export const floatText = (value: number): string => {
  const [digits = "", exponent] = String(value).replace("e+", "e").split("e");
  const pointed = digits.includes(".") ? digits : `${digits}.0`;
  return exponent === undefined ? pointed : `${pointed}e${exponent}`;
};
