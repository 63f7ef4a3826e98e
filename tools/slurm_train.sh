#!/usr/bin/env bash
# Train on a Slurm cluster:
#   tools/slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of tools/train.py]
# GPUS (8) in all, GPUS_PER_NODE (8), CPUS_PER_TASK (8), SRUN_ARGS for more.
# With --resume, a job that was stopped goes on when it is submitted again.
set -euo pipefail

if (($# < 3)); then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi
partition=$1
job_name=$2
config=$3
shift 3

gpus=${GPUS:-8}
gpus_per_node=${GPUS_PER_NODE:-8}
((gpus < gpus_per_node)) && gpus_per_node=$gpus
read -ra srun_args <<<"${SRUN_ARGS:-}"

# One process that fails ends all: none is left waiting for it.
exec srun --partition="$partition" --job-name="$job_name" \
  --gres="gpu:$gpus_per_node" --ntasks="$gpus" \
  --ntasks-per-node="$gpus_per_node" \
  --cpus-per-task="${CPUS_PER_TASK:-8}" --kill-on-bad-exit=1 \
  ${srun_args[@]+"${srun_args[@]}"} \
  "${PYTHON:-python}" -u "$(dirname "$0")/train.py" "$config" \
  --launcher slurm "$@"
