#!/usr/bin/env bash
# sweep_test.sh CROSSWEAVE SOURCE: does a sweep on a Slurm cluster give what one process gives, though the node fails
# while it is under way? Run by with_cluster.sh.
set -euo pipefail

crossweave=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  squeue --all >&2 || true
  tail -n 20 "$work"/out/slurm-*.out "$work/log" >&2 || true
  exit 1
}

cat >"$work/sweep.yaml" <<YAML
base: $source/configs/runs/paper.yaml
axes:
  mapping.extra_pes: {from: 0, to: 39, step: 1}
YAML
cd "$work"
results_of() { sqlite3 "file:$1?mode=ro" 'SELECT count(*) FROM results' 2>/dev/null || echo 0; }

"$crossweave" sweep sweep.yaml --slurm 2 -j 1 --out out >table 2>log &
sweep=$!
for ((tries = 0; $(results_of out/shard-1-of-2.db) < 3; ++tries)); do
  ((tries < 600)) || fail "no result after a minute"
  sleep 0.1
done
node=$(sinfo -h -o %n)
array=$(squeue -h -r -o '%F' | sort -n | head -n 1)
scontrol update NodeName="$node" State=DOWN Reason=test
sleep 1
lost=$(results_of out/shard-1-of-2.db)
((lost >= 3)) || fail "results that were there are gone"
((lost < 20)) || fail "the node failed too late to test anything: all results are there"
[[ $(squeue -h -r -o '%F %T' | grep -c "^$array PENDING") == 2 ]] || fail "the tasks do not wait for the node"
scontrol update NodeName="$node" State=RESUME
wait "$sweep" || fail "the sweep ended with status $?"

grep -q 'points        40: 40 completed' table || fail "not all points are completed: $(cat table)"
grep -q '2 of 2 tasks have ended' log || fail "nothing was reported: $(cat log)"
for task in 1 2; do
  # A second start of the task says how much it found.
  [[ $(grep -c 'of 20 points' out/slurm-"${array}_$task".out) -ge 1 ]] || fail "task $task reported nothing"
done

"$crossweave" sweep sweep.yaml --quiet --out one >/dev/null
cmp one/sweep.csv out/sweep.csv
cmp one/sweep.json out/sweep.json
for table in sweep axes coordinates points configs networks results errors runs; do
  for folder in one out; do
    sqlite3 "$folder/sweep.db" "SELECT * FROM $table ORDER BY 1, 2" >"$folder/$table.txt"
  done
  cmp "one/$table.txt" "out/$table.txt"
done
printf 'a sweep of 40 points in 2 tasks; the node failed after %s results of the first\n' "$lost"
