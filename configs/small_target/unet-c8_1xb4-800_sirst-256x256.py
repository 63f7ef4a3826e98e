# The name that this config had before 0.1.0; it goes with the next release.
_base_ = 'unet-c8_1xb8-1200_sirst-128x128.py'
