#!/bin/sh
# Makes the embedded study again: trains 240 networks and quantizes 40 (some hours on two cores; it goes on where it was stopped),
# collects their predictions, exports them. Needs the extra torch, and Debian's dataset-fashion-mnist or another folder in STUDY.toml's
# root.
set -eu
cd "$(dirname "$0")"
pietools train STUDY.toml
pietools collect STUDY.toml
rm -rf study
pietools export fashion-mnist.duckdb --out study
