#!/usr/bin/env bash
# Test with several processes on one machine, or on each of several:
#   tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [arguments of tools/test.py]
# One process per GPU; without a GPU, processes on the CPU.
# Several machines: set NNODES, NODE_RANK, MASTER_ADDR and MASTER_PORT.
set -euo pipefail

if (($# < 3)); then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi
config=$1
checkpoint=$2
processes=$3
shift 3

if [[ -n ${NNODES:-} ]]; then
  rendezvous=(
    --nnodes="$NNODES" --node-rank="${NODE_RANK:?}"
    --master-addr="${MASTER_ADDR:?}" --master-port="${MASTER_PORT:-29500}"
  )
else
  rendezvous=(--standalone) # a free port: runs beside each other do not clash
fi

exec "${PYTHON:-python}" -m torch.distributed.run "${rendezvous[@]}" \
  --nproc-per-node="$processes" \
  "$(dirname "$0")/test.py" "$config" "$checkpoint" --launcher pytorch "$@"
