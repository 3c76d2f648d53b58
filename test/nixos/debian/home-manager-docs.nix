# Replaces the documentation of home-manager, which would take longer to build than everything else.
{ pkgs, ... }:
{
  manPages = pkgs.man-db;
  jsonModuleMaintainers = null;
  manual = {
    html = pkgs.nano;
    htmlOpenTool = pkgs.nano;
  };
  options.json = pkgs.nano;
}
