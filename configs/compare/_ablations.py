# Rows of tables 4 to 8 of the paper and of its section 5.6. No plan by itself.
# Some of them: --rows infmae decoder4 decoder8 decoder12.
_base_ = '_paper.py'

reference = 'infmae'
rows = {
    'mae': dict(title='MAE (random masking, one scale)', pretraining='mae'),
    'mae-information-aware': dict(
        title='MAE with information-aware masking',
        pretraining='mae-information-aware',
    ),
    'mcmae': dict(title='MCMAE', pretraining='mcmae'),
    'random': dict(title='InfMAE with random masking', pretraining='random'),
    'infmae': dict(title='InfMAE', pretraining='infmae'),
    'top': dict(title='InfMAE, masking of DuGI-MAE', pretraining='top'),
    'decoder4': dict(title='decoder of 4 blocks', pretraining='decoder4'),
    'decoder8': dict(title='decoder of 8 blocks', pretraining='decoder8'),
    'decoder12': dict(title='decoder of 12 blocks', pretraining='decoder12'),
    'stride2': dict(title='stride 2', pretraining='stride2'),
    'stride7': dict(title='stride 7', pretraining='stride7'),
    'stride14': dict(title='stride 14', pretraining='stride14'),
    '200e': dict(title='200 epochs', pretraining='200e'),
    '800e': dict(title='800 epochs', pretraining='800e'),
    '1600e': dict(title='1600 epochs', pretraining='1600e'),
    'inf10': dict(title='Inf10', pretraining='inf10'),
    'inf15': dict(title='Inf15', pretraining='inf15'),
    'inf50': dict(title='Inf50', pretraining='inf50'),
    'visible': dict(title='MAE on visible images', pretraining='visible'),
}
