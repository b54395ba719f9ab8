#!/usr/bin/env bash
# with_cluster.sh DIRECTORY COMMAND...: runs a command where a Slurm cluster of this machine alone accepts jobs, and
# takes the cluster down again. All daemons listen on loopback; nothing outside of DIRECTORY is written. Exits with the
# status of the command, or with 77 and the reason when there can be no cluster here.
set -euo pipefail

unavailable() {
  printf 'no Slurm cluster: %s\n' "$*" >&2
  exit 77
}

for program in munged slurmctld slurmd sbatch; do
  command -v "$program" >/dev/null || unavailable "$program is not installed"
done
((EUID == 0)) || unavailable "its daemons must run as root"

base=$(realpath "$1")
shift
mkdir -p "$base"/{run,state,spool,log}
node=$(hostname -s)
# A port pair of our own, so that two checkouts do not meet.
port=$((20000 + ($$ % 5000) * 2))
export SLURM_CONF=$base/slurm.conf
cat >"$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$node(127.0.0.1)
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket=$base/run/munge.socket,cred_expire=10
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
ReturnToService=1
StateSaveLocation=$base/state
SlurmdSpoolDir=$base/spool
SlurmctldPidFile=$base/run/slurmctld.pid
SlurmdPidFile=$base/run/slurmd.pid
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1
KillWait=2
InactiveLimit=0
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=30 State=UP
CONF

daemons=()
stop() {
  local daemon
  for daemon in "${daemons[@]}"; do
    kill "$daemon" 2>/dev/null || true
  done
  for daemon in "${daemons[@]}"; do
    wait "$daemon" 2>/dev/null || true
  done
}
trap stop EXIT

head -c 128 /dev/urandom >"$base/run/munge.key"
chmod 600 "$base/run/munge.key"
chmod 755 "$base" "$base/run"
munged --force --foreground --socket="$base/run/munge.socket" --key-file="$base/run/munge.key" \
  --pid-file="$base/run/munged.pid" --log-file="$base/log/munged.log" --seed-file="$base/run/munge.seed" \
  >"$base/log/munged.out" 2>&1 &
daemons+=($!)
slurmctld -D -f "$SLURM_CONF" >"$base/log/slurmctld.out" 2>&1 &
daemons+=($!)
slurmd -D -f "$SLURM_CONF" -N "$node" >"$base/log/slurmd.out" 2>&1 &
daemons+=($!)
for ((tries = 0; tries < 120; ++tries)); do
  if [[ $(sinfo -h -o %T 2>/dev/null) == idle ]]; then
    "$@"
    exit
  fi
  sleep 0.5
done
unavailable "the node is not idle after 60 s; slurmctld: $(tail -n 3 "$base/log/slurmctld.out"); slurmd: $(tail -n 3 "$base/log/slurmd.out"); munged: $(tail -n 3 "$base/log/munged.out")"
