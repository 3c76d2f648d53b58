{ pkgs, ... }:
{
  environment.systemPackages = [
    pkgs.go
    pkgs.gopls
    pkgs.delve
    pkgs.gcc
  ];
  environment.variables = {
    GOPATH = "$HOME/go";
    PATH = [ "$HOME/go/bin" ];
  };
}
