#!/bin/sh
# Makes the embedded study again: trains 48 networks (about half an hour on two cores), collects their predictions, exports them.
# Needs the extra torch, and Debian's dataset-fashion-mnist or another folder in STUDY.toml's root.
set -eu
cd "$(dirname "$0")"
pietools train STUDY.toml
pietools collect STUDY.toml
rm -rf study
pietools export fashion-mnist.duckdb --out study
