/** A text as part of a message: for a long text, its beginning and its end. */
export const clip = (text: string, length = 100): string => {
  if (text.length <= length) return text;
  const end = Math.floor(length / 4);
  const start = text.slice(0, length - end - 1).replace(/[\ud800-\udbff]$/, "");
  return `${start}…${text.slice(-end).replace(/^[\udc00-\udfff]/, "")}`;
};
