# The one file in which nixpkgs-unstable differs from ../nixpkgs; the harness lays it over a copy.
{ name = "26.05pre"; claude-code = "2.1.15"; }
