/** The part of nijs that the benchmark calls; the package has no types. */
declare module "nijs" {
  const nijs: { jsToNix(value: unknown, format: boolean): string };
  export default nijs;
}
