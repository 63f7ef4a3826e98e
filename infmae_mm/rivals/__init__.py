"""Rivals of InfMAE that upstream lacks, or has for one wing alone.

Each serves segmentation, detection and small targets alike, as InfMAE does,
so that they have a room of their own beside the wings. This file imports
nothing: what a config imports tells what it needs.

- :mod:`.um_mae`: the backbone of UM-MAE; mmengine and mmcv
- :mod:`.um_mae_pretrain`: its pre-training; mmpretrain
- :mod:`.mae`: the ViT of MAE and its pre-training; mmpretrain
"""
