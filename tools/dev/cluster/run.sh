#!/usr/bin/env bash
# A Slurm of one node, out of Debian's packages and for this run alone; then the example in one process, under mpirun and under srun, compared to the bit.
# All files are in .dev/cluster; nothing of the system's own Slurm or munge is used.
set -euo pipefail
cd "$(dirname "$0")/../../.."
dir=$PWD/.dev/cluster
rm -rf "$dir"
mkdir -p "$dir"/{state,spool}
chmod 700 "$dir"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
example=tools/dev/cluster/example.R
passed=0 failed=0

stop_all() {
  local file
  for file in "$dir"/{slurmd,slurmctld,munged}.pid; do
    [ ! -s "$file" ] || kill "$(cat "$file")" 2>/dev/null || true
  done
}
trap stop_all EXIT

compare() { # compare NAME FILE: with what one process made
  if Rscript -e 'a <- commandArgs(TRUE); quit(status = !identical(readRDS(a[1]), readRDS(a[2])))' "$dir/one.rds" "$2"; then
    echo "the same bits as one process: $1"
    passed=$((passed + 1))
  else
    echo "other bits than one process: $1"
    failed=$((failed + 1))
  fi
}

attempt() { # attempt NAME FILE COMMAND ...
  local name=$1 file=$2
  shift 2
  if timeout 120 "$@"; then compare "$name" "$file"; else echo "failed: $name"; failed=$((failed + 1)); fi
}

start_slurm() {
  local host
  host=$(hostname -s)
  (umask 077 && head -c 1024 /dev/urandom >"$dir/munge.key")
  munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" --log-file="$dir/munged.log" --seed-file="$dir/munged.seed"
  cat >"$dir/slurm.conf" <<CONF
ClusterName=backprop
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=pmix
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
CONF
  echo "CgroupPlugin=disabled" >"$dir/cgroup.conf"
  if slurmd -V | awk '{ split($2, v, "."); exit v[1] >= 23 }'; then rm "$dir/cgroup.conf"; fi
  export SLURM_CONF=$dir/slurm.conf
  slurmctld -f "$dir/slurm.conf"
  slurmd -f "$dir/slurm.conf" -N "$host"
  local try
  for try in $(seq 50); do
    [ "$(sinfo -h -o %T 2>/dev/null)" != idle ] || return 0
    sleep 0.2
  done
  tail -n 20 "$dir"/*.log >&2
  return 1
}

Rscript "$example" "$dir/one.rds"
for ranks in 2 3 4; do
  attempt "mpirun -n $ranks" "$dir/mpirun-$ranks.rds" mpirun --oversubscribe -n $ranks Rscript "$example" "$dir/mpirun-$ranks.rds"
done
if start_slurm; then
  for ranks in 2 4; do
    attempt "srun -n $ranks" "$dir/srun-$ranks.rds" srun --mpi=pmix --overcommit -n $ranks Rscript "$example" "$dir/srun-$ranks.rds"
  done
else
  echo "failed: Slurm did not start"
  failed=$((failed + 1))
fi
echo "cluster: $passed passed, $failed failed"
[ $failed = 0 ]
