# The name that this config had before 0.1.0; it goes with the next release.
_base_ = 'infmae-tiny_1xb8-1200_sirst-128x128.py'
