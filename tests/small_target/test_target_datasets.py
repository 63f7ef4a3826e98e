"""Sets in their layouts, and masks of any kind."""

import shutil

import cv2
import numpy as np
import pytest
from mmengine.logging import MMLogger
from mmengine.registry import DATASETS
from PIL import Image

from infmae_mm.small_target import (
    IRSTD1kDataset,
    LoadTargetMask,
    NUDTSIRSTDataset,
    SIRSTDataset,
    SmallTargetDataset,
)
from infmae_mm.small_target.transforms import read_mask
from infmae_mm.synthetic.layouts import write_scenes
from infmae_mm.thermal import UnreadableImageError

PIPELINE = [dict(type='LoadThermalImage'), dict(type='LoadTargetMask')]


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    """Five scenes in each layout."""
    root = tmp_path_factory.mktemp('sets')
    for layout in ('irstd1k', 'nudt', 'sirst'):
        write_scenes(str(root / layout), layout, 5, (48, 64))
    return root


@pytest.fixture
def sirst(written, tmp_path):
    """A copy to break."""
    return shutil.copytree(written / 'sirst', tmp_path / 'sirst')


@pytest.mark.parametrize(
    ('layout', 'cls', 'names'),
    [
        ('irstd1k', IRSTD1kDataset, ('IRSTD1k_Img/XDU0.png', 'XDU0.png')),
        ('nudt', NUDTSIRSTDataset, ('images/000000.png', '000000.png')),
        ('sirst', SIRSTDataset, ('images/Misc_0.png', 'Misc_0_pixels0.png')),
    ],
)
def test_published_layouts(written, layout, cls, names):
    dataset = cls(str(written / layout), pipeline=PIPELINE)
    assert len(dataset) == 5
    assert dataset.metainfo['classes'] == ('background', 'target')
    info = dataset.get_data_info(0)
    assert info['img_path'].endswith(names[0])
    assert info['seg_map_path'].endswith(names[1])
    for sample in dataset:
        mask = sample['gt_seg_map']
        assert mask.dtype == np.uint8
        assert mask.shape == (48, 64)
        assert set(np.unique(mask)) == {0, 1}
        stored = cv2.imread(sample['seg_map_path'], cv2.IMREAD_GRAYSCALE)
        np.testing.assert_array_equal(mask, stored // 255)
        assert sample['seg_fields'] == ['gt_seg_map']


@pytest.mark.slow
def test_splits_name_files_with_or_without_ending(sirst):
    (sirst / 'some.txt').write_text('Misc_3.png\n\n  Misc_1\r\nMisc_0.png')
    dataset = SIRSTDataset(str(sirst), 'some.txt')
    paths = [dataset.get_data_info(i)['img_path'] for i in range(3)]
    assert [p[-10:] for p in paths] == [f'Misc_{i}.png' for i in (3, 1, 0)]
    assert len(SIRSTDataset(str(sirst), 'some.txt', indices=2)) == 2
    # as editors of Windows write it
    for encoding in ('utf-8-sig', 'utf-16'):
        (sirst / 'some.txt').write_text('Misc_3\nMisc_1\n', encoding)
        dataset = SIRSTDataset(str(sirst), 'some.txt')
        assert dataset.get_data_info(0)['img_path'].endswith('Misc_3.png')


def test_any_folder(tmp_path):
    grey = np.zeros((20, 30), np.uint8)
    for name in ('frames/a.b.jpg', 'frames/c.tif', 'gt/a.b-gt.png'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), grey)
    cv2.imwrite(str(tmp_path / 'gt/c-gt.bmp'), grey)
    (tmp_path / 'frames/notes.md').write_text('not an image')
    dataset = DATASETS.build(
        dict(
            type='SmallTargetDataset',
            data_root=str(tmp_path),
            data_prefix=dict(img_path='frames', seg_map_path='gt'),
            mask_suffix='-gt',
            pipeline=PIPELINE,
            test_mode=True,
        )
    )
    # images without a target are kept
    assert [s['gt_seg_map'].sum() for s in dataset] == [0, 0]


def test_masks_of_all_modes(tmp_path):
    """Grey, RGB, RGBA, palette, 1 bit: one mask. 127 is not a target."""
    grey = np.array([[0, 127, 128, 255]], np.uint8)
    picture = Image.fromarray(grey)
    palette = Image.fromarray(np.array([[0, 3, 1, 2]], np.uint8))
    palette.putpalette(
        [v for c in (0, 128, 255, 127) for v in (c, c, c)] + [9] * 756
    )
    modes = dict(L=picture, P=palette)
    modes |= {mode: picture.convert(mode) for mode in ('RGB', 'RGBA')}
    modes['1'] = picture.point(lambda v: v > 127 and 255, '1')
    for mode, image in modes.items():
        assert image.mode == mode
        image.save(tmp_path / f'{mode}.png')
        mask = read_mask(str(tmp_path / f'{mode}.png'))
        assert mask.dtype == bool
        assert mask.tolist() == [[False, False, True, True]], mode


def test_soft_masks_are_cut_at_the_middle(tmp_path):
    path = tmp_path / 'soft.png'
    cv2.imwrite(str(path), np.arange(256, dtype=np.uint8)[None])
    assert read_mask(str(path)).sum() == 128


def test_mask_of_ones_is_refused(tmp_path):
    path = tmp_path / 'ones.png'
    cv2.imwrite(str(path), np.eye(5, dtype=np.uint8))
    with pytest.raises(ValueError, match='ones.png.*255'):
        read_mask(str(path))


def test_mask_of_16_bits_is_refused(tmp_path):
    path = tmp_path / 'deep.png'
    cv2.imwrite(str(path), np.full((5, 5), 300, np.uint16))
    with pytest.raises(ValueError, match='deep.png.*8 bits'):
        read_mask(str(path))


def test_masks_of_another_size_are_all_named_beforehand(sirst):
    for i, shape in ((2, (48, 63)), (4, (64, 48))):
        path = sirst / f'masks/Misc_{i}_pixels0.png'
        cv2.imwrite(str(path), np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match='2 of 5 images') as error:
        SIRSTDataset(str(sirst))
    for part in (
        'Misc_2_pixels0.png has 63x48',
        'Misc_2.png has 64x48',
        'Misc_4_pixels0.png has 48x64',
    ):
        assert part in str(error.value)
    # not of this split
    (sirst / 'some.txt').write_text('Misc_3')
    assert len(SIRSTDataset(str(sirst), 'some.txt')) == 1


def test_mask_of_another_size_is_refused_by_its_transform(sirst):
    results = dict(
        img_path='a.png',
        seg_map_path=str(sirst / 'masks/Misc_2_pixels0.png'),
        ori_shape=(48, 63),
        seg_fields=[],
    )
    with pytest.raises(
        ValueError, match='Misc_2_pixels0.png is 64x48.*a.png is 63x48'
    ):
        LoadTargetMask()(results)


def test_known_slip_of_sirst(sirst, caplog):
    """Misc_111 as published: its mask is scaled to the image, and said so."""
    MMLogger.get_current_instance().addHandler(caplog.handler)
    image = np.zeros((220, 325), np.uint8)
    mask = np.zeros((400, 592), np.uint8)
    mask[100:120, 200:240] = 255
    cv2.imwrite(str(sirst / 'images/Misc_111.png'), image)
    cv2.imwrite(str(sirst / 'masks/Misc_111_pixels0.png'), mask)
    (sirst / 'test.txt').write_text('Misc_111\nMisc_1')
    dataset = SIRSTDataset(str(sirst), 'test.txt', pipeline=PIPELINE)
    found = dataset[0]['gt_seg_map']
    assert found.shape == image.shape
    rows, columns = np.nonzero(found)
    assert [rows.min(), rows.max() + 1] == [55, 66]
    assert [columns.min(), columns.max() + 1] == [110, 132]
    assert found.sum() == 11 * 22
    assert 'images/Misc_111.png: its published mask' in caplog.text
    MMLogger.get_current_instance().removeHandler(caplog.handler)
    # another set has no such image, and SIRST no other such mask
    with pytest.raises(ValueError, match='592x400'):
        SmallTargetDataset(str(sirst), 'test.txt', mask_suffix='_pixels0')
    cv2.imwrite(str(sirst / 'masks/Misc_111_pixels0.png'), mask[1:])
    with pytest.raises(ValueError, match='592x399'):
        SIRSTDataset(str(sirst), 'test.txt')


def test_truncated_mask_is_named(sirst):
    path = sirst / 'masks/Misc_2_pixels0.png'
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UnreadableImageError, match='Misc_2_pixels0.png'):
        SIRSTDataset(str(sirst), pipeline=PIPELINE)[2]


def test_missing_mask_is_named_before_anything_runs(sirst):
    (sirst / 'masks/Misc_2_pixels0.png').unlink()
    with pytest.raises(
        FileNotFoundError, match='images/Misc_2.png has no.*Misc_2_pixels0'
    ):
        SIRSTDataset(str(sirst))
    # not of this split
    (sirst / 'some.txt').write_text('Misc_3')
    assert len(SIRSTDataset(str(sirst), 'some.txt')) == 1


@pytest.mark.parametrize(
    ('split', 'error', 'message'),
    [
        ('\n \n', ValueError, 'some.txt is empty'),
        ('Misc_1\nMisc_9\nMisc_8', FileNotFoundError, "'Misc_9'.*2 of 3"),
        ('Misc_1\nMisc_1.png', ValueError, "some.txt has 'Misc_1' twice"),
    ],
)
def test_bad_splits(sirst, split, error, message):
    (sirst / 'some.txt').write_text(split)
    with pytest.raises(error, match=message):
        SIRSTDataset(str(sirst), 'some.txt')


def test_what_is_not_there(sirst, tmp_path):
    with pytest.raises(FileNotFoundError, match='no split.*typo.txt'):
        SIRSTDataset(str(sirst), 'typo.txt')
    with pytest.raises(FileNotFoundError, match='no folder .*IRSTD1k_Img'):
        IRSTD1kDataset(str(sirst))
    (tmp_path / 'images').mkdir()
    with pytest.raises(FileNotFoundError, match='no image in .*images'):
        SmallTargetDataset(str(tmp_path))


def test_two_files_of_one_name(sirst):
    shutil.copy(sirst / 'images/Misc_1.png', sirst / 'images/Misc_1.bmp')
    with pytest.raises(ValueError, match='Misc_1.bmp and Misc_1.png'):
        SIRSTDataset(str(sirst))


def test_masks_are_looked_at_beforehand(sirst):
    path = sirst / 'masks/Misc_3_pixels0.png'
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(path), mask // 255)
    with pytest.raises(ValueError, match='Misc_3_pixels0.png.*255'):
        SIRSTDataset(str(sirst))


def test_arguments_of_the_base(sirst):
    metainfo = dict(classes=('sky', 'plane'))
    dataset = SIRSTDataset(
        str(sirst), metainfo=metainfo, serialize_data=False, max_refetch=3
    )
    assert dataset.metainfo['classes'] == ('sky', 'plane')
    assert dataset.max_refetch == 3
    lazy = SIRSTDataset(str(sirst), 'typo.txt', lazy_init=True)
    with pytest.raises(FileNotFoundError, match='typo.txt'):
        len(lazy)


def test_unknown_prefix(sirst):
    with pytest.raises(ValueError, match='img_path.*img'):
        SIRSTDataset(str(sirst), data_prefix=dict(img='images'))


def test_images_are_not_their_own_masks(sirst):
    """A dark image with a bright spot is a mask as well."""
    folders = dict(img_path='images', seg_map_path='images')
    with pytest.raises(ValueError, match='its own mask .5 of 5'):
        SmallTargetDataset(str(sirst), data_prefix=folders)


@pytest.mark.parametrize('target', ['Misc_9.png', 'gone.png'])
def test_links_that_lead_nowhere_are_named(sirst, target):
    """One to itself ended in an error of the file system."""
    (sirst / 'images' / 'Misc_9.png').symlink_to(target)
    shutil.copy(
        sirst / 'masks' / 'Misc_0_pixels0.png',
        sirst / 'masks' / 'Misc_9_pixels0.png',
    )
    with pytest.raises(ValueError, match='cannot read the image .*Misc_9'):
        SIRSTDataset(str(sirst))
    (sirst / 'some.txt').write_text('Misc_0\nMisc_1\n')
    assert len(SIRSTDataset(str(sirst), 'some.txt')) == 2


def test_repr():
    assert repr(LoadTargetMask()) == 'LoadTargetMask(backend_args=None)'
