# The pre-trainings of the paper's tables. No plan by itself. The sets:
# data/Inf30 (Inf10 and Inf15 are samples of it), data/Inf50, data/IN1K-30.
pretrainings = {
    'mae': dict(config='pretrain/rivals/mae_base_4xb64-400e_inf30-224.py'),
    'mae-information-aware': dict(
        config='pretrain/rivals/mae_base-information-aware_4xb64-400e_inf30-224.py'
    ),
    'um-mae': dict(
        config='pretrain/rivals/um-mae_small_4xb64-400e_inf30-256.py'
    ),
    'mcmae': dict(config='pretrain/rivals/mcmae_base_4xb64-400e_inf30-224.py'),
    'random': dict(
        config='pretrain/infmae_base-random_4xb64-400e_inf30-224.py'
    ),
    'infmae': dict(config='pretrain/infmae_base_4xb64-400e_inf30-224.py'),
    'top': dict(config='pretrain/infmae_base-top_4xb64-400e_inf30-224.py'),
    'decoder4': dict(
        config='pretrain/infmae_base-decoder4_4xb64-400e_inf30-224.py'
    ),
    'decoder8': dict(
        config='pretrain/infmae_base-decoder8_4xb64-400e_inf30-224.py'
    ),
    'decoder12': dict(
        config='pretrain/infmae_base-decoder12_4xb64-400e_inf30-224.py'
    ),
    'stride2': dict(
        config='pretrain/infmae_base-stride2_4xb64-400e_inf30-224.py'
    ),
    'stride7': dict(
        config='pretrain/infmae_base-stride7_4xb64-400e_inf30-224.py'
    ),
    'stride14': dict(
        config='pretrain/infmae_base-stride14_4xb64-400e_inf30-224.py'
    ),
    '200e': dict(config='pretrain/infmae_base_4xb64-200e_inf30-224.py'),
    '800e': dict(config='pretrain/infmae_base_4xb64-800e_inf30-224.py'),
    '1600e': dict(config='pretrain/infmae_base_4xb64-1600e_inf30-224.py'),
    'inf10': dict(config='pretrain/infmae_base_4xb64-400e_inf10-224.py'),
    'inf15': dict(config='pretrain/infmae_base_4xb64-400e_inf15-224.py'),
    'inf50': dict(config='pretrain/infmae_base_4xb64-400e_inf50-224.py'),
    'visible': dict(
        config='pretrain/rivals/mae_base_4xb64-400e_in1k30-224.py'
    ),
}
