#!/usr/bin/env bash
# Pre-train a small model and look at what it learnt (make demo):
#   tools/demo.sh [FOLDER OF IMAGES]      default: scenes rendered here
# Repeated after an interruption, it goes on from the latest checkpoint.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python}
config=configs/pretrain/infmae_tiny_demo.py
data=${1:-}

say() { printf '\n==> %s\n' "$*"; }

if [[ -z $data ]]; then
  data=demo_data
  work_dir=work_dirs/demo
  say "Rendering scenes into $data/ (a minute)"
  "$python" tools/make_scenes.py "$data" --num 640 --size 256 320
elif [[ ! -d $data ]]; then
  printf '%s: there is no such folder of images.\n' "$data" >&2
  exit 2
else
  # one folder for each data set: a run goes on with the images it began with
  name=$(basename "$data" | tr -c '[:alnum:]_.\n-' _)
  sum=$(cd "$data" && pwd -P | cksum)
  work_dir=work_dirs/demo_${name}_${sum%% *}
fi

say "Pre-training on $data into $work_dir/ (minutes on 2 cores)"
"$python" tools/train.py "$config" --data-root "$data" \
  --work-dir "$work_dir" --resume
checkpoint=$(<"$work_dir/last_checkpoint")

say "Measuring $checkpoint on images held out"
"$python" tools/test.py "$config" "$checkpoint" --data-root "$data" \
  --work-dir "$work_dir/test"

say 'Drawing reconstructions of images held out'
readarray -d '' -t images < <("$python" - "$config" "$data" <<'EOF'
import sys
from pathlib import Path

from mmengine.config import Config

from infmae_mm.thermal.dataset import scan_images, split_paths

config, folder = sys.argv[1:]
holdout = Config.fromfile(config).val_dataloader.dataset.holdout
paths = split_paths(list(scan_images(folder)), holdout)[1]
for path in paths[:: -(-len(paths) // 4)]:
    print(Path(folder, path), end='\0')
EOF
)
"$python" tools/visualize_reconstruction.py "$config" "$checkpoint" \
  "${images[@]}" --out-dir "$work_dir/reconstructions" --force

"$python" - "$work_dir" <<'EOF'
import json
import sys
from pathlib import Path

work_dir = Path(sys.argv[1])
log = max(work_dir.glob('test/*/*.json'), key=lambda p: p.stat().st_mtime)
metrics = json.loads(log.read_text())
print(f"""
==> Done, on images held out:
    loss                               {metrics['val/loss']:.4f}
    loss of predicting patch means     {metrics['val/patch_mean_loss']:.4f}
    pictures                           {work_dir}/reconstructions/""")
EOF
