"""Pairs of images and label maps, and what is said of those that are none."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from infmae_mm.classes import MSRS_PALETTE
from infmae_mm.segmentation import (
    InfraredSegDataset,
    LoadInfraredLabels,
    MSRSDataset,
)

PIPELINE = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadInfraredLabels'),
    dict(type='PackSegInputs'),
]
FOLDERS = dict(img_path='images', seg_map_path='labels')


@pytest.fixture
def own_msrs(msrs, tmp_path):
    """A copy that a test may damage."""
    return Path(shutil.copytree(msrs, tmp_path / 'own'))


def labels_of(sample):
    return sample['data_samples'].gt_sem_seg.data.numpy()[0]


def some_label(root):
    return sorted((root / 'train' / 'Segmentation_labels').iterdir())[0]


def test_nine_classes_with_their_colours(msrs):
    meta = MSRSDataset(msrs).metainfo
    assert len(meta['classes']) == 9
    assert meta['classes'][0] == 'unlabelled'
    assert meta['classes'][-1] == 'bump'
    assert meta['palette'] == [list(colour) for colour in MSRS_PALETTE]


@pytest.mark.parametrize('subset,count', [('train', 6), ('test', 2)])
def test_pairs(msrs, subset, count):
    dataset = MSRSDataset(msrs, subset, pipeline=PIPELINE)
    assert len(dataset) == count
    for sample in dataset:
        meta = sample['data_samples'].metainfo
        assert f'/{subset}/ir/' in meta['img_path']
        name = Path(meta['img_path']).name
        assert meta['seg_map_path'].endswith(
            f'/{subset}/Segmentation_labels/{name}'
        )
        with Image.open(meta['seg_map_path']) as image:
            ids = np.asarray(image)
        assert image.mode == 'P'
        np.testing.assert_array_equal(labels_of(sample), ids)


def test_grey_labels_are_those_of_the_palette(own_msrs):
    before = [labels_of(s) for s in MSRSDataset(own_msrs, pipeline=PIPELINE)]
    for path in (own_msrs / 'train' / 'Segmentation_labels').iterdir():
        with Image.open(path) as image:
            ids = np.asarray(image)
        cv2.imwrite(str(path), ids)
    after = [labels_of(s) for s in MSRSDataset(own_msrs, pipeline=PIPELINE)]
    np.testing.assert_array_equal(before, after)


def test_visible_images(own_msrs):
    shutil.copytree(own_msrs / 'train' / 'ir', own_msrs / 'train' / 'vi')
    dataset = MSRSDataset(own_msrs, modality='vi')
    assert all('/train/vi/' in info['img_path'] for info in dataset)


def test_some_classes_leave_the_others_out(msrs):
    everything = MSRSDataset(msrs, pipeline=PIPELINE)
    some = MSRSDataset(
        msrs, metainfo=dict(classes=('car', 'person')), pipeline=PIPELINE
    )
    assert some.metainfo['palette'] == [[64, 0, 128], [64, 64, 0]]
    table = np.full(256, 255)
    table[[1, 2]] = 0, 1
    for a, b in zip(everything, some, strict=True):
        np.testing.assert_array_equal(table[labels_of(a)], labels_of(b))


@pytest.mark.parametrize(
    'option,message',
    [
        (dict(subset='val'), "'train' or 'test'"),
        (dict(modality='rgb'), "'ir' or 'vi'"),
    ],
)
def test_options_of_msrs(msrs, option, message):
    with pytest.raises(ValueError, match=message):
        MSRSDataset(msrs, **option)


@pytest.mark.parametrize('folder', ['ir', 'Segmentation_labels'])
def test_missing_folder(own_msrs, folder):
    shutil.rmtree(own_msrs / 'train' / folder)
    with pytest.raises(FileNotFoundError) as error:
        MSRSDataset(own_msrs)
    assert str(own_msrs / 'train' / folder) in str(error.value)
    assert '--data-root' in str(error.value)


def test_no_image(own_msrs):
    for path in (own_msrs / 'train' / 'ir').iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match='no image in .*train/ir'):
        MSRSDataset(own_msrs)


def test_image_without_label(own_msrs):
    label = some_label(own_msrs)
    label.unlink()
    with pytest.raises(FileNotFoundError) as error:
        MSRSDataset(own_msrs)
    assert f'1 of 6 images in {own_msrs}/train/ir' in str(error.value)
    assert label.name in str(error.value)
    assert 'ann_file' in str(error.value)


def loaded(root):
    return list(MSRSDataset(root, pipeline=PIPELINE))


@pytest.mark.parametrize(
    'value,dtype', [(9, np.uint8), (255, np.uint8), (256, np.uint16)]
)
def test_label_of_no_class(own_msrs, value, dtype):
    ids = np.zeros((48, 64), dtype)
    ids[3, 5] = value
    cv2.imwrite(str(some_label(own_msrs)), ids)
    with pytest.raises(ValueError) as error:
        loaded(own_msrs)
    message = str(error.value)
    assert f'{some_label(own_msrs)} has pixels of value {value}.' in message
    assert '0, 1, 2, 3, 4, 5, 6, 7, 8.' in message


def test_16_bit_labels(own_msrs):
    ids = np.full((48, 64), 8, np.uint16)
    cv2.imwrite(str(some_label(own_msrs)), ids)
    assert (labels_of(loaded(own_msrs)[0]) == 8).all()


def test_label_of_another_size(own_msrs):
    cv2.imwrite(str(some_label(own_msrs)), np.zeros((64, 48), np.uint8))
    with pytest.raises(ValueError, match='has 48x64 pixels.*64x48') as error:
        loaded(own_msrs)
    assert str(some_label(own_msrs)) in str(error.value)


def test_coloured_label(own_msrs):
    cv2.imwrite(str(some_label(own_msrs)), np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(ValueError, match='mode RGB.*ids') as error:
        loaded(own_msrs)
    assert str(some_label(own_msrs)) in str(error.value)


@pytest.mark.parametrize('kept', [0, 20, 100, -40])
def test_damaged_label(own_msrs, kept):
    path = some_label(own_msrs)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match='cannot read the label map') as error:
        loaded(own_msrs)
    assert str(path) in str(error.value)


def test_image_to_predict_has_no_label():
    results = dict(img=np.zeros((8, 8, 3), np.uint8))
    assert LoadInfraredLabels()(results) is results
    assert 'gt_seg_map' not in results


@pytest.fixture
def own_set(tmp_path):
    """Images and masks of 0 and 255, in folders within folders."""
    for name in ('a/1.jpg', 'a/2.png', 'b/1.png'):
        image = tmp_path / 'images' / name
        image.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(image), np.zeros((8, 8), np.uint8))
        label = (tmp_path / 'labels' / name).with_suffix('.png')
        label.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(label), np.eye(8, dtype=np.uint8) * 255)
    return tmp_path


def own_dataset(root, **options):
    options.setdefault('metainfo', dict(classes=('nothing', 'something')))
    options.setdefault('data_prefix', FOLDERS)
    return InfraredSegDataset(data_root=root, pipeline=PIPELINE, **options)


def test_a_folder_that_is_not_given(own_set):
    with pytest.raises(FileNotFoundError, match='seg_map_path'):
        own_dataset(own_set, data_prefix=dict(img_path='images'))


def test_values_of_a_mask(own_set):
    dataset = own_dataset(own_set, label_values=(0, 255))
    assert len(dataset) == 3
    for sample in dataset:
        np.testing.assert_array_equal(labels_of(sample), np.eye(8))


def test_mask_without_its_values_is_refused(own_set):
    """mmseg would leave the whole foreground out without a word."""
    with pytest.raises(ValueError, match='value 255.*label_values'):
        own_dataset(own_set)[0]


def test_value_to_leave_out(own_set):
    sample = own_dataset(own_set, ignore_value=255)[0]
    np.testing.assert_array_equal(labels_of(sample), np.eye(8) * 255)


@pytest.mark.parametrize('names', ['b/1\na/2', 'b/1.png\n\na/2.png\n'])
def test_list_of_images(own_set, names):
    (own_set / 'list.txt').write_text(names, 'utf-8-sig')
    dataset = own_dataset(own_set, ann_file='list.txt', label_values=(0, 255))
    paths = [info['img_path'] for info in map(dataset.get_data_info, (0, 1))]
    assert len(dataset) == 2
    assert [p.removeprefix(f'{own_set}/') for p in paths] == [
        'images/b/1.png',
        'images/a/2.png',
    ]


def test_list_names_an_absent_image(own_set):
    (own_set / 'list.txt').write_text('a/1\nc/1\n')
    with pytest.raises(FileNotFoundError, match='1 images .*: c/1'):
        own_dataset(own_set, ann_file='list.txt')
    with pytest.raises(FileNotFoundError, match='absent.txt'):
        own_dataset(own_set, ann_file='absent.txt')
    (own_set / 'list.txt').write_text('\n')
    with pytest.raises(ValueError, match='list.txt is empty'):
        own_dataset(own_set, ann_file='list.txt')


def test_list_names_two_images(own_set):
    """The last one was taken."""
    images = own_set / 'images'
    shutil.copy(images / 'a' / '2.png', images / 'a' / '1.png')
    (own_set / 'list.txt').write_text('a/2\na/1\n')
    with pytest.raises(ValueError, match='a/1: which of a/1.jpg and a/1.png'):
        own_dataset(own_set, ann_file='list.txt', label_values=(0, 255))
    (own_set / 'list.txt').write_text('a/2\na/1.jpg\n')
    dataset = own_dataset(own_set, ann_file='list.txt', label_values=(0, 255))
    assert dataset.get_data_info(1)['img_path'].endswith('a/1.jpg')


def test_classes_are_no_string(own_set):
    with pytest.raises(ValueError, match=r"single class .*\('animal',\)"):
        own_dataset(own_set, metainfo=dict(classes=('animal')))
    (own_set / 'classes.txt').write_text('nothing\nsomething\n')
    dataset = own_dataset(
        own_set,
        metainfo=dict(classes=str(own_set / 'classes.txt')),
        label_values=(0, 255),
    )
    assert dataset.metainfo['classes'] == ['nothing', 'something']


def test_labels_of_other_sizes_are_all_named_beforehand(own_set):
    for name in ('a/1', 'b/1'):
        path = str(own_set / 'labels' / f'{name}.png')
        cv2.imwrite(path, np.zeros((8, 9), np.uint8))
    with pytest.raises(ValueError, match='2 of 3 images') as error:
        own_dataset(own_set, label_values=(0, 255))
    assert 'a/1.png has 9x8' in str(error.value)
    assert 'b/1.png has 9x8' in str(error.value)


def test_arguments_of_the_base(own_set):
    options = dict(label_values=(0, 255), serialize_data=False)
    assert len(own_dataset(own_set, indices=2, **options)) == 2
    lazy = own_dataset(own_set, lazy_init=True)
    with pytest.raises(ValueError, match='value 255'):
        lazy.full_init()


def test_classes_and_values_are_checked(own_set):
    with pytest.raises(ValueError, match='metainfo'):
        own_dataset(own_set, metainfo=None)
    for values in [(0,), (0, 0), (0, 256)]:
        with pytest.raises(ValueError, match='each of the 2 classes'):
            own_dataset(own_set, label_values=values)
    for value in (0, 255, 256, -1):
        with pytest.raises(ValueError, match=f'ignore_value={value} must'):
            own_dataset(own_set, label_values=(0, 255), ignore_value=value)
    (own_set / 'classes.txt').write_text('nothing\n\nsomething\n')
    with pytest.raises(ValueError, match="'', which is no name"):
        own_dataset(
            own_set, metainfo=dict(classes=str(own_set / 'classes.txt'))
        )


def test_images_are_not_their_own_labels(own_set):
    """Images and label maps in one folder: half of the pairs were wrong."""
    folders = dict(img_path='labels', seg_map_path='labels')
    with pytest.raises(ValueError, match='3 of 3 images in .* their own'):
        own_dataset(own_set, data_prefix=folders, label_values=(0, 255))


def test_labels_behind_links(own_set):
    """Images are found there too."""
    for kind in ('images', 'labels'):
        (own_set / kind / 'a').rename(own_set / f'{kind}_a')
        (own_set / kind / 'a').symlink_to(own_set / f'{kind}_a')
    assert len(own_dataset(own_set, label_values=(0, 255))) == 3


def test_palettes_that_number_colours_anew(own_set):
    """What is red is 1 in one file, and 0 in the other."""
    red, blue = [200, 0, 0], [0, 0, 200]

    def save(name, ids, *colours):
        label = Image.fromarray(ids)
        label.putpalette([v for colour in colours for v in colour])
        label.save(own_set / 'labels' / f'{name}.png')

    ids = np.eye(8, dtype=np.uint8)
    save('a/1', ids, blue, red)
    save('a/2', ids, blue, red, [9, 9, 9])  # longer, and the same
    save('b/1', np.zeros_like(ids), [0, 0, 0], red)  # black may be any
    assert len(own_dataset(own_set)) == 3
    save('b/1', 1 - ids, red, blue)
    with pytest.raises(ValueError, match='colour .* has the value .*palettes'):
        own_dataset(own_set)
