#!/usr/bin/env bash
# Go on with pre-training the start that ships, on images that it never saw,
# look at what that gives, and fine-tune it for segmentation, detection and
# small targets (make demo):
#   tools/demo.sh [FOLDER OF IMAGES]      default: scenes rendered here
# Repeated after an interruption, it goes on from the latest checkpoints.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python}
config=configs/pretrain/infmae_tiny_demo.py
data=${1:-}

say() { printf '\n==> %s\n' "$*"; }

if [[ -z $data ]]; then
  data=demo_data/pretrain
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

# which pictures to draw follows from the config
readarray -d '' -t chosen < <("$python" - "$config" "$data" <<'EOF'
import sys

from mmengine.config import Config
from mmengine.registry import DATASETS

import infmae_mm.thermal  # noqa: F401  (registers the dataset)

config, folder = sys.argv[1:]
cfg = Config.fromfile(config)
dataset = dict(cfg.test_dataloader.dataset, data_root=folder, pipeline=[])
paths = [d['img_path'] for d in DATASETS.build(dataset)]
for path in paths[:: -(-len(paths) // 4)]:
    print(path, end='\0')
EOF
)

say "Measuring $checkpoint on images held out"
"$python" tools/test.py "$config" "$checkpoint" --data-root "$data" \
  --work-dir "$work_dir/test/held_out"

say 'Drawing reconstructions of images held out'
"$python" tools/visualize_reconstruction.py "$config" "$checkpoint" \
  "${chosen[@]}" --out-dir "$work_dir/reconstructions" --force

# NAME LAYOUT CONFIG, and the arguments of make_scenes.py
fine_tune() {
  local name=$1 layout=$2 config=$3 run=$work_dir/$1
  shift 3
  say "Rendering a set for $name into demo_data/$layout/"
  "$python" tools/make_scenes.py "demo_data/$layout" --layout "$layout" "$@"
  if [[ $layout == m3fd && ! -e demo_data/m3fd/m3fd_val.json ]]; then
    "$python" tools/dataset_converters/m3fd2coco.py demo_data/m3fd/Annotation \
      demo_data/m3fd/m3fd.json --ratio 0.8 --seed 0 --scene-length 1
  fi
  say "Fine-tuning the start that ships for $name into $run/ (minutes)"
  "$python" tools/train.py "$config" --work-dir "$run" --resume
  say "Measuring $name, and drawing it over the images"
  rm -rf "$run/pictures"
  "$python" tools/test.py "$config" "$(<"$run/last_checkpoint")" \
    --work-dir "$run/test" --show-dir "$run/pictures"
}

fine_tune segmentation msrs configs/segmentation/infmae-tiny_upernet_demo.py \
  --num 64 --size 240 320
# in a subshell, for what is set in it holds for detection only
(
  problem=$("$python" -c '
from mmengine.config import Config
from infmae_mm.engine.operators import operators_problem
print(operators_problem(Config(dict(default_scope="mmdet"))) or "")')
  if [[ -n $problem ]]; then
    say "Detection is trained on the processor: $problem"
    export CUDA_VISIBLE_DEVICES=
  fi
  fine_tune detection m3fd \
    configs/detection/mask-rcnn_infmae-tiny_fpn_demo.py \
    --num 120 --size 256 320
)
fine_tune small_target irstd1k \
  configs/small_target/infmae-tiny_irstd1k_demo.py --num 64 --size 256 256

say "Predicting on images of segmentation, and exporting the network"
rm -rf "$work_dir/predictions" "$work_dir/export"
mkdir "$work_dir/export"
"$python" tools/predict.py configs/segmentation/infmae-tiny_upernet_demo.py \
  "$(<"$work_dir/segmentation/last_checkpoint")" demo_data/msrs/test/ir \
  --out "$work_dir/predictions"
"$python" tools/export.py configs/segmentation/infmae-tiny_upernet_demo.py \
  "$(<"$work_dir/segmentation/last_checkpoint")" \
  "$work_dir/export/segmentation.onnx"

"$python" - "$work_dir" <<'EOF'
import json
import sys
from pathlib import Path

work_dir = Path(sys.argv[1])


def measures(folder):
    logs = (work_dir / folder).glob('*/*.json')
    return json.loads(max(logs, key=lambda p: p.stat().st_mtime).read_text())


print('\n==> Done.')
found = measures('test/held_out')
print(
    f'pre-training    loss on images held out {found["val/loss"]:.4f}, of '
    f'predicting patch means {found["val/patch_mean_loss"]:.4f}'
)
for name, wanted in (
    ('segmentation', ('mIoU', 'mAcc')),
    ('detection', ('coco/bbox_mAP', 'coco/bbox_mAP_50')),
    ('small_target', ('IoU', 'nIoU', 'F1', 'Pd', 'Fa', 'AUC')),
):
    found = measures(f'{name}/test')
    values = [f'{key} {found[key]:.3g}' for key in wanted]
    print(f'{name:14s}  {"  ".join(values)}')
print(f'pictures        {work_dir}/reconstructions/')
print(f'                {work_dir}/<task>/pictures/')
print(f'predictions     {work_dir}/predictions/')
print(f'exported        {work_dir}/export/')
EOF
