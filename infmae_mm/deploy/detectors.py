"""Two-stage detectors of mmdet as graphs of standard ONNX operators.

mmdet's own prediction loops over images, sizes and levels in Python, which
no exporter can follow. Here are the same steps with its layers, anchors and
coders, for one image, and with torchvision's RoIAlign and NMS, which become
the operators of these names.
"""

import torch
from mmcv.ops import RoIAlign
from mmdet.models.dense_heads import RPNHead
from mmdet.models.roi_heads import CascadeRoIHead, StandardRoIHead
from mmdet.models.roi_heads.bbox_heads import BBoxHead
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor
from mmdet.models.task_modules import AnchorGenerator, DeltaXYWHBBoxCoder
from torch import Tensor, nn
from torchvision.ops import nms, roi_align

from ..sizes import pad_to_multiple
from .inputs import InputError


class TwoStageBoxes(nn.Module):
    """Boxes of a Faster, Mask or Cascade R-CNN.

    Args:
        model (nn.Module): mmdet's ``TwoStageDetector``, in eval mode.

    Raises:
        InputError: If a part of it is of a kind that is not written here.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        check_parts(model)
        self.model = model
        self.divisor = model.data_preprocessor.pad_size_divisor

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Detect.

        Args:
            image (Tensor): One normalised image, (1, C, H, W).

        Returns:
            tuple[Tensor, Tensor, Tensor]: Boxes (N, 4) in pixels of the
            image, scores (N,) and ids of classes (N,), int64; best first.
        """
        height, width = image.shape[-2:]
        maps = self.model.extract_feat(pad_to_multiple(image, self.divisor))
        proposals = self._propose(maps, height, width)
        boxes, scores = self._classify(maps, proposals, height, width)
        cfg = self.model.test_cfg.rcnn
        # (N, C, 4) and (N, C), a box of each class
        boxes = boxes.expand(-1, scores.shape[1], -1)
        rows, labels = (scores > cfg.score_thr).nonzero().unbind(1)
        boxes, scores = boxes[rows, labels], scores[rows, labels]
        kept = grouped_nms(boxes, scores, labels, cfg.nms.iou_threshold)
        kept = kept[: cfg.max_per_img]
        return boxes[kept], scores[kept], labels[kept]

    def _propose(
        self, maps: tuple[Tensor, ...], height: int, width: int
    ) -> Tensor:
        head, cfg = self.model.rpn_head, self.model.test_cfg.rpn
        boxes, scores, levels = [], [], []
        for i, (logits, deltas) in enumerate(zip(*head(maps), strict=True)):
            anchors = self._anchors(logits, i)
            # (H * W * A,) and (H * W * A, 4)
            score = logits[0].permute(1, 2, 0).reshape(-1).sigmoid()
            delta = deltas[0].permute(1, 2, 0).reshape(-1, 4)
            score, order = score.sort(descending=True)
            order = order[: cfg.nms_pre]
            score = score[: cfg.nms_pre]
            boxes.append(decode(head.bbox_coder, anchors[order], delta[order]))
            scores.append(score)
            levels.append(torch.full_like(order, i))
        box = clip(torch.cat(boxes), height, width)
        score, level = torch.cat(scores), torch.cat(levels)
        if cfg.min_bbox_size >= 0:
            sides = box[:, 2:] - box[:, :2]
            large = (sides > cfg.min_bbox_size).all(1).nonzero().squeeze(1)
            box, score, level = box[large], score[large], level[large]
        kept = grouped_nms(box, score, level, cfg.nms.iou_threshold)
        return box[kept[: cfg.max_per_img]]

    def _anchors(self, logits: Tensor, level: int) -> Tensor:
        generator = self.model.rpn_head.prior_generator
        rows, columns = logits.shape[-2:]
        step_x, step_y = generator.strides[level]
        x = torch.arange(columns, device=logits.device) * step_x
        y = torch.arange(rows, device=logits.device) * step_y
        y, x = torch.meshgrid(y, x, indexing='ij')
        shifts = torch.stack([x, y, x, y], -1).to(logits.dtype)  # (H, W, 4)
        base = generator.base_anchors[level].to(logits)  # (A, 4)
        return (shifts[:, :, None] + base).reshape(-1, 4)

    def _classify(
        self,
        maps: tuple[Tensor, ...],
        boxes: Tensor,
        height: int,
        width: int,
    ) -> tuple[Tensor, Tensor]:
        """Boxes (N, C or 1, 4) and the scores of classes (N, C)."""
        roi_head = self.model.roi_head
        cascade = isinstance(roi_head, CascadeRoIHead)
        heads = roi_head.bbox_head if cascade else [roi_head.bbox_head]
        extractors = roi_head.bbox_roi_extractor
        extractors = extractors if cascade else [extractors]
        total = 0
        for i, (head, extractor) in enumerate(
            zip(heads, extractors, strict=True)
        ):
            logits, deltas = head(pool(extractor, maps, boxes))
            total = total + logits
            deltas = deltas.unflatten(1, (-1, 4))  # (N, C or 1, 4)
            if i < len(heads) - 1:
                boxes = self._refine(head, boxes, logits, deltas)
                boxes = clip(boxes, height, width)
        scores = (total / len(heads)).softmax(1)[:, :-1]
        boxes = decode(heads[-1].bbox_coder, boxes[:, None], deltas)
        return clip(boxes, height, width), scores

    def _refine(
        self, head: BBoxHead, boxes: Tensor, logits: Tensor, deltas: Tensor
    ) -> Tensor:
        best = deltas[:, 0]
        if not head.reg_class_agnostic:
            label = logits[:, :-1].argmax(1)
            best = deltas.gather(
                1, label[:, None, None].expand(-1, 1, 4)
            ).squeeze(1)
        return decode(head.bbox_coder, boxes, best)


def check_parts(model: nn.Module) -> None:
    """Refuse a detector that :class:`TwoStageBoxes` would get wrong.

    Raises:
        InputError: If it has a part, or an option, that is not there.
    """
    parts = {
        'rpn_head': (getattr(model, 'rpn_head', None), RPNHead),
    }
    roi_head = getattr(model, 'roi_head', None)
    if type(roi_head) not in (StandardRoIHead, CascadeRoIHead):
        raise InputError(
            f'{type(model).__name__} with {type(roi_head).__name__} cannot '
            'be exported: Faster, Mask and Cascade R-CNN can.'
        )
    parts['prior_generator'] = (
        model.rpn_head.prior_generator,
        AnchorGenerator,
    )
    heads = roi_head.bbox_head
    extractors = roi_head.bbox_roi_extractor
    if not isinstance(heads, nn.ModuleList):
        heads, extractors = [heads], [extractors]
    for i, (head, extractor) in enumerate(zip(heads, extractors, strict=True)):
        parts[f'bbox_coder {i}'] = (head.bbox_coder, DeltaXYWHBBoxCoder)
        parts[f'roi_extractor {i}'] = (extractor, SingleRoIExtractor)
        layers = extractor.roi_layers
        parts.update(
            {f'roi_layer {i}.{k}': (v, RoIAlign) for k, v in enumerate(layers)}
        )
        if not isinstance(head, BBoxHead) or head.custom_cls_channels:
            raise InputError(
                f'The bbox_head {type(head).__name__} cannot be exported.'
            )
    for name, (part, kind) in parts.items():
        if type(part) is not kind:
            raise InputError(
                f'The {name} {type(part).__name__} cannot be exported: '
                f'only {kind.__name__} can.'
            )
    for name in ('rpn', 'rcnn'):
        nms_cfg = model.test_cfg[name].nms
        kind = nms_cfg.get('type', 'nms')
        if kind != 'nms':
            raise InputError(
                f'test_cfg.{name}.nms of the type {kind!r} cannot be '
                "exported: only 'nms' can."
            )
        if nms_cfg.get('class_agnostic'):
            raise InputError(
                f'test_cfg.{name}.nms with class_agnostic=True cannot be '
                'exported: only by class.'
            )
    coders = [model.rpn_head.bbox_coder, *(h.bbox_coder for h in heads)]
    aligned = [layer for e in extractors for layer in e.roi_layers]
    for found, what in (
        (roi_head.with_shared_head, 'a shared_head'),
        (not model.rpn_head.use_sigmoid_cls, 'an RPN without use_sigmoid'),
        (model.data_preprocessor.pad_value, 'a pad_value other than 0'),
        (any(c.add_ctr_clamp for c in coders), 'add_ctr_clamp'),
        (not all(c.clip_border for c in coders), 'clip_border=False'),
        (any(a.pool_mode != 'avg' for a in aligned), "a pool_mode of 'max'"),
    ):
        if found:
            raise InputError(f'A detector with {what} cannot be exported.')


def decode(coder: DeltaXYWHBBoxCoder, boxes: Tensor, deltas: Tensor) -> Tensor:
    """Apply deltas (..., 4) to boxes (..., 4), as mmdet's coder does."""
    means, stds = deltas.new_tensor(coder.means), deltas.new_tensor(coder.stds)
    deltas = deltas * stds + means
    centre = (boxes[..., :2] + boxes[..., 2:]) * 0.5
    size = boxes[..., 2:] - boxes[..., :2]
    # log(1000 / 16), as in mmdet
    limit = 4.135166556742356
    centre = centre + size * deltas[..., :2]
    size = size * deltas[..., 2:].clamp(-limit, limit).exp()
    return torch.cat([centre - size * 0.5, centre + size * 0.5], -1)


def clip(boxes: Tensor, height: int, width: int) -> Tensor:
    """Cut boxes (..., 4) off at the edges of the image."""
    x = boxes[..., 0::2].clamp(min=0)
    y = boxes[..., 1::2].clamp(min=0)
    x = torch.minimum(x, x.new_ones(()) * width)
    y = torch.minimum(y, y.new_ones(()) * height)
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], -1)


def grouped_nms(
    boxes: Tensor, scores: Tensor, groups: Tensor, iou: float
) -> Tensor:
    """NMS within each group; indices, best first.

    Groups are moved apart, so that no two boxes of different ones overlap.
    """
    # an image without a box has a maximum too
    far = torch.cat([boxes.flatten(), boxes.new_zeros(1)]).max() + 1
    return nms(boxes + (groups.to(boxes) * far)[:, None], scores, iou)


def pool(
    extractor: SingleRoIExtractor, maps: tuple[Tensor, ...], boxes: Tensor
) -> Tensor:
    """RoIAlign of each box on the map of its size: (N, C, k, k)."""
    rois = torch.cat([torch.zeros_like(boxes[:, :1]), boxes], 1)  # (N, 5)
    number = extractor.num_inputs
    levels = extractor.map_roi_levels(rois, number)
    pooled, order = [], []
    for i, layer in enumerate(extractor.roi_layers):
        inside = (levels == i).nonzero().squeeze(1)
        pooled.append(
            roi_align(
                maps[i],
                rois[inside],
                layer.output_size,
                layer.spatial_scale,
                layer.sampling_ratio,
                layer.aligned,
            )
        )
        order.append(inside)
    return torch.cat(pooled)[torch.cat(order).argsort()]
