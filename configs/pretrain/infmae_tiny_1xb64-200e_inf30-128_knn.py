# Is it learning something? Nearest neighbours in a labelled set, a folder for
# each class, beside the loss of each validation (docs/starts.md). --data-root
# alone would set that folder too: add --cfg-options
# val_dataloader.dataset.data_root=LABELLED.
_base_ = 'infmae_tiny_1xb64-200e_inf30-128.py'

labelled = 'data/solar_modules/val'

custom_imports = dict(
    imports=[
        'infmae_mm.classification',
        'infmae_mm.engine',
        'infmae_mm.pretrain',
        'infmae_mm.thermal',
    ]
)
model = dict(features=True)
val_dataloader = dict(dataset=dict(data_root=labelled, subset='all'))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='ReconstructionMetric'),
    dict(type='KNNAccuracy', neighbors=20),
]
test_evaluator = val_evaluator
