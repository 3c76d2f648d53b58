# The host module of the tests: a user, and a web server at port 8080.
{ pkgs, ... }:
{
  imports = [ ./container.nix ];
  users.users.alice = {
    isNormalUser = true;
    uid = 1000;
  };
  systemd.services.web = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = {
      DynamicUser = true;
      ExecStart = "${pkgs.python3}/bin/python3 -m http.server 8080 --directory /run/current-system";
    };
  };
}
