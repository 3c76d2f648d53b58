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
      API keys that a proxy on the host adds to requests of the VM. The keys never enter the VM.

      The names are those of `microvm-emit.gateway.providers`. The values are files of the host that contain only the key, with or without a limit of requests. The VM sends requests to `http://ADDRESS:PORT`: the host's address in the network of the VM, and the `port` of the provider. The network policy opens this port for the VM.
    '';
  };
}
