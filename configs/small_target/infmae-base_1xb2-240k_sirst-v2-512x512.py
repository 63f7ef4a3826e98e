# The recipe for IRSTD-1k on SIRST-V2.
_base_ = [
    '../_base_/models/small_target_infmae-base.py',
    '../_base_/datasets/sirst-v2_512x512.py',
    '../_base_/schedules/small_target_240k.py',
]
