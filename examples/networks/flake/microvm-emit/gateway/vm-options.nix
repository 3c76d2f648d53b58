# Option for the API keys of a VM.
{ lib }:
let
  inherit (lib) literalExpression mkOption types;
  record = import ../record.nix { inherit lib; };
  file = types.either types.path types.str;
  key = types.coercedTo file (file: { inherit file; }) (record {
    file = mkOption {
      type = file;
      description = "File of the host that contains only the key.";
    };
    requestsPerMinute = mkOption {
      type = types.nullOr types.ints.positive;
      default = null;
      example = 60;
      description = "Limit for requests of the VM to the API. Further requests get status 429. A burst can contain the requests of one minute.";
    };
  });
in
{
  keys = mkOption {
    type = types.attrsOf key;
    default = { };
    example = literalExpression "{ anthropic = config.age.secrets.anthropic.path; }";
    description = ''
      API keys that the VM uses but never has.

      The names are those of `microvm-emit.gateway.providers`, the values are files of the host, with or without a limit of requests. A file contains only the key. A proxy on the host adds it to the requests of this VM at `http://ADDRESS:PORT`: the host's address in the network of the VM, and the `port`
      of the provider, which the network policy opens for this VM.
    '';
  };
}
