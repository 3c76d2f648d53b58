/** Who a VM is, as its guest learns when it boots: what `kernelParams` say. */

/** Nix: the guest's config of an item of `microvm.vms`. */
export const guestConfig = "(vm: (if vm.evaluatedConfig != null then vm.evaluatedConfig else vm.config).config)";

export interface Identity {
  readonly hostName: string | undefined;
  readonly machineId: string | undefined;
  /** The text of each credential by name. */
  readonly credentials: Readonly<Record<string, string>>;
}

export const identityOf = (kernelParams: readonly string[]): Identity => {
  const valuesOf = (name: string): readonly string[] =>
    kernelParams.flatMap((parameter) => (parameter.startsWith(`${name}=`) ? [parameter.slice(name.length + 1)] : []));
  const decoded = (credential: string): readonly [string, string] => {
    const [name = "", text = ""] = credential.split(":");
    return [name, Buffer.from(text, "base64").toString("ascii")];
  };
  return {
    hostName: valuesOf("systemd.hostname")[0],
    machineId: valuesOf("systemd.machine_id")[0],
    credentials: Object.fromEntries(valuesOf("systemd.set_credential_binary").map(decoded)),
  };
};

/** A file of systemd-networkd in the order of its lines: a section may come several times. */
type NetworkFile = readonly (readonly [section: string, settings: readonly (readonly [string, string])[]])[];

const parse = (text: string): NetworkFile =>
  text
    .trim()
    .split(/\n\n+/)
    .map((block) => {
      const [head = "", ...lines] = block.split("\n");
      return [head.slice(1, -1), lines.map((line) => [...line.split(/=(.*)/s, 2)] as unknown as [string, string])];
    });

/** The networks that a guest is told of, by name: what each says by `Section.Key`, every time that it does. */
export const networksOf = (
  kernelParams: readonly string[],
): Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> =>
  Object.fromEntries(
    Object.entries(identityOf(kernelParams).credentials).flatMap(([credential, text]) => {
      const [, name] = /^network\.network\.(.*)$/.exec(credential) ?? [];
      if (name === undefined) return [];
      const said: Record<string, string[]> = {};
      for (const [section, settings] of parse(text))
        for (const [key, value] of settings) (said[`${section}.${key}`] ??= []).push(value);
      return [[name, said]];
    }),
  );
