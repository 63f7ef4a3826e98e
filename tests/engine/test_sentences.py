"""Errors of this package as sentences, those of others as they are."""

import json

import numpy as np
import pytest
from torch.utils.data import DataLoader, Dataset
from toy import train, write_config

from infmae_mm import InfMAE
from infmae_mm.annotations.error import AnnotationError
from infmae_mm.classes import check_class_names
from infmae_mm.engine.processes import LaunchError
from infmae_mm.engine.sentences import missing_files, sentences
from infmae_mm.segmentation.dataset import labels_of
from infmae_mm.thermal import read_image


class Broken(Dataset):
    """Ends in an error, in a worker or not."""

    def __init__(self, work):
        self.work = work

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self.work()


def of_another_package():
    return json.loads('{')


def unreadable():
    return read_image('/nowhere/a.png')


def wrong_label():
    table = np.full(256, -1)
    return labels_of(np.full((2, 2), 7, np.uint8), table, 'map.png')


def wrong_argument():
    return InfMAE('tiny', drop_path_rate=2)


def wrong_classes():
    return check_class_names('udder')


@pytest.mark.parametrize('workers', [0, 1])
@pytest.mark.parametrize(
    ('work', 'start'),
    [
        (unreadable, 'cannot read the image /nowhere/a.png'),
        (wrong_label, 'the label map map.png has pixels of value 7'),
        (wrong_argument, 'drop_path_rate must be'),
        (wrong_classes, "classes='udder' is one string"),
    ],
)
def test_what_this_package_says(work, start, workers):
    with pytest.raises(LaunchError) as error, sentences():
        next(iter(DataLoader(Broken(work), num_workers=workers)))
    assert str(error.value).startswith(start)
    assert 'Traceback' not in str(error.value)


@pytest.mark.parametrize('workers', [0, 1])
def test_errors_of_others_keep_their_traceback(workers):
    # torch gives an error that it cannot build again as another one
    kinds = ValueError, RuntimeError
    with pytest.raises(kinds, match='Expecting'), sentences():
        next(iter(DataLoader(Broken(of_another_package), num_workers=workers)))


def test_errors_with_a_base_are_known():
    with pytest.raises(LaunchError, match='set.json'), sentences():
        raise AnnotationError('set.json has no images.')


def test_a_set_to_validate_on_is_looked_for_first(tmp_path, capsys):
    config = write_config(
        tmp_path,
        'no_val',
        "val_dataloader['dataset'] = dict(type='InfraredImages', "
        f"data_root='{tmp_path}/none')\n"
        "custom_imports['imports'].append('infmae_mm.thermal')\n",
    )
    with pytest.raises(SystemExit, match='There is no folder'):
        train([str(config), f'--work-dir={tmp_path / "run"}'])
    assert not list((tmp_path / 'run').glob('*.pth'))


def test_ctrl_c_before_the_first_iteration(tmp_path, monkeypatch, capsys):
    config = write_config(tmp_path, 'stopped')

    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr('infmae_mm.engine.training.check_images', stop)
    with pytest.raises(SystemExit) as error:
        train([str(config), f'--work-dir={tmp_path / "run"}'])
    assert error.value.code == 130
    assert 'before the first iteration' in capsys.readouterr().out


def test_a_missing_file_of_a_config_is_named(tmp_path):
    annotations = tmp_path / 'train.json'
    words = f'{annotations}: there is no such'
    with pytest.raises(LaunchError, match=words), missing_files():
        annotations.read_text()
    words = 'of no name'
    with pytest.raises(FileNotFoundError, match=words), missing_files():
        raise FileNotFoundError(words)
