#!/usr/bin/env bash
# run.sh CROSSWEAVE SOURCE: the tests that need a Slurm cluster.
set -euo pipefail
here=$(dirname -- "${BASH_SOURCE[0]}")
cluster=$(mktemp -d)
trap 'rm -rf "$cluster"' EXIT
# SLURM_* of a job that this may run in would be taken for those of the cluster here.
while read -r variable; do unset "$variable"; done < <(compgen -v SLURM_)
"$here/with_cluster.sh" "$cluster" "$here/sweep_test.sh" "$@"
