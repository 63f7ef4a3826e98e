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

say "Measuring $checkpoint on the images learnt and on images held out"
"$python" tools/test.py "$config" "$checkpoint" --data-root "$data" \
  --work-dir "$work_dir/test/learnt" --cfg-options \
  test_dataloader.dataset.subset=train test_dataloader.dataset.max_images=64
"$python" tools/test.py "$config" "$checkpoint" --data-root "$data" \
  --work-dir "$work_dir/test/held_out"

say 'Drawing reconstructions of three images learnt and of one held out'
readarray -d '' -t images < <("$python" - "$config" "$data" <<'EOF'
import sys

from mmengine.config import Config
from mmengine.registry import DATASETS

import infmae_mm.thermal  # noqa: F401  (registers the dataset)

config, folder = sys.argv[1:]
cfg = Config.fromfile(config)
for loader, count in ((cfg.val_dataloader, 3), (cfg.test_dataloader, 1)):
    dataset = dict(loader.dataset, data_root=folder, pipeline=[])
    paths = [d['img_path'] for d in DATASETS.build(dataset)]
    for path in paths[:: -(-len(paths) // count)]:
        print(path, end='\0')
EOF
)
"$python" tools/visualize_reconstruction.py "$config" "$checkpoint" \
  "${images[@]}" --out-dir "$work_dir/reconstructions" --force

"$python" - "$work_dir" <<'EOF'
import json
import sys
from pathlib import Path

work_dir = Path(sys.argv[1])
print('\n==> Done.   loss    loss of predicting patch means')
for name in ('learnt', 'held_out'):
    logs = (work_dir / 'test' / name).glob('*/*.json')
    metrics = json.loads(max(logs, key=lambda p: p.stat().st_mtime).read_text())
    print(
        f'{name:10s} {metrics["val/loss"]:.4f}    '
        f'{metrics["val/patch_mean_loss"]:.4f}'
    )
print(f'pictures   {work_dir}/reconstructions/')
EOF
