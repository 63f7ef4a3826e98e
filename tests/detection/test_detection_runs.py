"""One iteration of training and one of validation, by the real Runner."""

import json
import runpy
import shutil
from pathlib import Path

import cv2
import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.fileio import load

from infmae_mm import InfMAE

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / 'configs' / 'detection'
train, measure = (
    runpy.run_path(str(ROOT / 'tools' / f'{name}.py'))['main']
    for name in ('train', 'test')
)
SIZE = (96, 128)
CLASSES = ('People', 'Car', 'Bus', 'Motorcycle', 'Lamp', 'Truck')


def resized(value):
    """A config at the size of the test's images."""
    if isinstance(value, dict):
        return {k: resized(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)) and tuple(value) != (1024, 1024):
        return type(value)(resized(v) for v in value)
    return SIZE if isinstance(value, (list, tuple)) else value


def small_config(name, folder, m3fd):
    """A recipe with a tiny network, two iterations and the rendered set."""
    cfg = Config(resized(Config.fromfile(CONFIGS / f'{name}.py').to_dict()))
    weights = InfMAE('tiny', img_size=64).state_dict()
    checkpoint = folder / 'backbone.pth'
    torch.save(dict(state_dict=weights), checkpoint)
    cfg.model.backbone.update(
        arch='tiny',
        window_size=4,
        global_indices=[1],
        init_cfg=dict(type='Pretrained', checkpoint=str(checkpoint)),
    )
    cfg.model.data_preprocessor.pad_size_divisor = 128
    cfg.model.neck.update(in_channels=[32, 48, 64, 64], out_channels=16)
    cfg.model.rpn_head.update(in_channels=16, feat_channels=16)
    roi_head = cfg.model.roi_head
    boxes = roi_head.bbox_head
    for head in boxes if isinstance(boxes, list) else [boxes]:
        head.update(in_channels=16, fc_out_channels=16)
    roi_head.bbox_roi_extractor.out_channels = 16
    if roi_head.get('mask_head'):
        roi_head.mask_roi_extractor.out_channels = 16
        roi_head.mask_head.update(in_channels=16, conv_out_channels=16)
    cfg.model.train_cfg.rpn_proposal.max_per_img = 50
    cfg.model.test_cfg.rpn.max_per_img = 50
    # what a fresh network detects is not confident
    cfg.model.test_cfg.rcnn.update(score_thr=0.0, max_per_img=20)
    for loader, ann_file in (
        (cfg.train_dataloader, 'm3fd_train.json'),
        (cfg.val_dataloader, 'm3fd_val.json'),
    ):
        loader.update(num_workers=0, persistent_workers=False)
        loader.dataset.update(ann_file=ann_file, data_root=str(m3fd))
    cfg.test_dataloader = cfg.val_dataloader
    cfg.train_cfg.update(max_iters=2, val_interval=2)
    cfg.default_hooks.logger.interval = 1
    cfg.default_hooks.checkpoint.interval = 2
    return cfg


def run(cfg, folder, *options):
    """Train; return what was logged, one dict for each line."""
    path = folder / 'config.py'
    cfg.dump(path)
    train([str(path), f'--work-dir={folder / "run"}', *options])
    (scalars,) = folder.glob('run/*/vis_data/scalars.json')
    return [json.loads(line) for line in scalars.read_text().splitlines()]


@pytest.mark.parametrize(
    ('name', 'losses'),
    [
        (
            'mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024',
            ['loss_rpn_cls', 'loss_rpn_bbox', 'loss_cls', 'loss_bbox'],
        ),
        (
            'cascade-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024',
            [
                'loss_rpn_cls',
                *(
                    f's{i}.loss_{j}'
                    for i in (0, 1, 2)
                    for j in ('cls', 'bbox')
                ),
            ],
        ),
    ],
)
def test_recipe_trains_and_validates(name, losses, tmp_path, m3fd):
    *steps, val = run(small_config(name, tmp_path, m3fd), tmp_path)
    assert len(steps) == 2
    for step in steps:
        for loss in losses:
            assert 0 <= step[loss] < float('inf')
        assert 'loss_mask' not in step
    assert 0 <= val['coco/bbox_mAP'] <= 1
    for class_ in CLASSES:
        assert -1 <= val[f'coco/AP50_{class_}'] <= 1
    assert val['coco/AP50_Truck'] == -1  # never rendered
    (best,) = tmp_path.glob('run/best_coco_bbox_mAP*.pth')

    # Testing that checkpoint gives the same, and pictures.
    out = tmp_path / 'pictures'
    metrics = measure(
        [str(tmp_path / 'config.py'), str(best), f'--show-dir={out}']
    )
    for key, value in metrics.items():
        assert value == pytest.approx(val[key], abs=1e-6, nan_ok=True), key
    coco = json.loads((m3fd / 'm3fd_val.json').read_text())
    names = {f'Ir/{image["file_name"]}' for image in coco['images']}
    assert {str(p.relative_to(out)) for p in out.rglob('*.png')} == names


def test_masks_are_learnt_where_there_are_some(tmp_path, m3fd):
    """Each box filled by an ellipse, as polygons."""
    angles = torch.arange(0, 6.28, 0.4)
    for part in ('train', 'val'):
        coco = json.loads((m3fd / f'm3fd_{part}.json').read_text())
        for annotation in coco['annotations']:
            x, y, w, h = annotation['bbox']
            xs = x + w / 2 * (1 + angles.cos())
            ys = y + h / 2 * (1 + angles.sin())
            polygon = torch.stack([xs, ys], 1).flatten().tolist()
            annotation['segmentation'] = [polygon]
        (tmp_path / f'{part}.json').write_text(json.dumps(coco))
    name = 'mask-rcnn_infmae-base_fpn_1xb2-260k_coco-masks'
    cfg = small_config(name, tmp_path, m3fd)
    heads = cfg.model.roi_head
    for loader, part in (
        (cfg.train_dataloader, 'train'),
        (cfg.val_dataloader, 'val'),
    ):
        loader.dataset.update(
            ann_file=str(tmp_path / f'{part}.json'),
            data_prefix=dict(img='Ir'),
            metainfo=dict(classes=CLASSES),
        )
    cfg.test_dataloader = cfg.val_dataloader
    heads.bbox_head.num_classes = heads.mask_head.num_classes = 6
    *steps, val = run(cfg, tmp_path)
    assert all(0 < step['loss_mask'] < float('inf') for step in steps)
    assert 0 <= val['coco/segm_mAP'] <= 1
    assert 'coco/AP50_Car' in val


def test_mirror_images_are_merged(tmp_path, m3fd):
    """With --tta an image and its mirror image have the same boxes."""
    name = 'mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024'
    cfg = small_config(name, tmp_path, m3fd)
    out = tmp_path / 'found.pkl'
    cfg.test_evaluator = dict(type='DumpResults', out_file_path=str(out))
    cfg.dump(tmp_path / 'config.py')
    torch.save(MODELS.build(cfg.model).state_dict(), tmp_path / 'random.pth')
    mirrored = tmp_path / 'mirrored'
    (mirrored / 'Ir').mkdir(parents=True)
    for file in (m3fd / 'Ir').iterdir():
        image = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        cv2.imwrite(str(mirrored / 'Ir' / file.name), image[:, ::-1])
    shutil.copy(m3fd / 'm3fd_val.json', mirrored)

    def found(data, *options):
        measure(
            [
                str(tmp_path / 'config.py'),
                str(tmp_path / 'random.pth'),
                f'--data-root={data}',
                *options,
            ]
        )
        return {s['img_id']: s['pred_instances'] for s in load(out)}

    def mirror(boxes):
        left, top, right, bottom = boxes.unbind(-1)
        return torch.stack([128 - right, top, 128 - left, bottom], -1)

    merged, of_mirrored = found(m3fd, '--tta'), found(mirrored, '--tta')
    assert sum(len(boxes['scores']) for boxes in merged.values()) > 10
    for image, boxes in merged.items():
        torch.testing.assert_close(
            boxes['scores'], of_mirrored[image]['scores']
        )
        torch.testing.assert_close(
            boxes['bboxes'],
            mirror(of_mirrored[image]['bboxes']),
            atol=1e-3,
            rtol=0,
        )
    plain = found(m3fd)
    assert any(
        len(boxes['scores']) != len(plain[image]['scores'])
        or (boxes['scores'] != plain[image]['scores']).any()
        for image, boxes in merged.items()
    )


def test_custom_set(tmp_path, m3fd):
    """The example for one's own boxes, with some classes of the file."""
    cfg = small_config('cascade-rcnn_infmae-base_fpn_custom', tmp_path, m3fd)
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        assert loader.dataset.type == 'InfraredCocoDataset'
        loader.dataset.update(
            data_prefix=dict(img='Ir'), metainfo=dict(classes=CLASSES[:2])
        )
    cfg.test_dataloader = cfg.val_dataloader
    *_, val = run(cfg, tmp_path)
    assert 'coco/AP50_Car' in val
    assert 'coco/AP50_Bus' not in val


def test_bfloat16(tmp_path, m3fd):
    """RoIAlign and NMS do not take it: the backbone and the neck do."""
    name = 'mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024'
    cfg = small_config(name, tmp_path, m3fd)
    losses = []
    for options in ((), ('--amp',)):
        folder = tmp_path / f'run{len(losses)}'
        folder.mkdir()
        losses.append(run(cfg, folder, *options)[0]['loss_rpn_cls'])
    full, half = losses
    assert half != full
    assert half == pytest.approx(full, rel=0.1)


def test_heads_of_another_number_of_classes(tmp_path, m3fd):
    name = 'mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024'
    cfg = small_config(name, tmp_path, m3fd)
    cfg.model.roi_head.bbox_head.num_classes = 80
    with pytest.raises(SystemExit, match='num_classes'):
        run(cfg, tmp_path)


def test_a_missing_set_is_told_in_one_line(tmp_path, m3fd):
    name = 'mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024'
    cfg = small_config(name, tmp_path, m3fd)
    cfg.train_dataloader.dataset.data_root = str(tmp_path / 'M3FD')
    with pytest.raises(SystemExit, match='m3fd2coco.py'):
        run(cfg, tmp_path)
