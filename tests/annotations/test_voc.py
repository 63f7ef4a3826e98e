"""XML as programs write it."""

import pytest

from infmae_mm.annotations.error import AnnotationError
from infmae_mm.annotations.voc import VocFolder, read_xml

XML = (
    '<annotation><folder>{folder}</folder><object><name>{name}</name>'
    '<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6</ymax>'
    '</bndbox></object></annotation>'
)


def write(tmp_path, encoding, codec, folder='', name='Car'):
    path = tmp_path / 'xml' / 'a.xml'
    path.parent.mkdir(exist_ok=True)
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>\n'
    text = XML.format(folder=folder, name=name)
    path.write_bytes((declaration * bool(encoding) + text).encode(codec))
    return path


@pytest.mark.parametrize(
    ('encoding', 'codec', 'folder'),
    [
        ('utf-8', 'utf-8', '红外'),
        (None, 'utf-8', 'é'),
        ('utf-8', 'utf-8-sig', 'é'),
        ('gb2312', 'gb2312', '红外'),
        ('GBK', 'gbk', '红外'),
        ('gb18030', 'gb18030', '红外'),
        ('big5', 'big5', '紅外'),
        ('shift_jis', 'shift_jis', '赤外'),
        ('euc-kr', 'euc-kr', '적외선'),
        ('windows-1251', 'cp1251', 'инфра'),
        ('utf-16', 'utf-16', '红外'),
        ('utf-16', 'utf-16-le', '红外'),
        ('utf-16', 'utf-16-be', '红外'),
        ('utf-16', 'utf-8', '红外'),  # as .NET writes it
        ('UTF-16LE', 'utf-8-sig', '红外'),
    ],
)
def test_encodings(tmp_path, image, encoding, codec, folder):
    path = write(tmp_path, encoding, codec, folder)
    assert read_xml(path).findtext('folder') == folder
    image('images/a.png')
    [box] = VocFolder(str(path.parent)).read('a').boxes
    assert (box.name, box.corners) == ('Car', (0, 1, 5, 6))


@pytest.mark.parametrize('encoding', ['ansi', 'utf8mb4', 'unknown'])
def test_names_of_no_encoding(tmp_path, encoding):
    """What is in ASCII is certain, the rest is not."""
    path = write(tmp_path, encoding, 'latin-1', 'images')
    assert read_xml(path).findtext('folder') == 'images'
    path = write(tmp_path, encoding, 'latin-1', 'größe')
    with pytest.raises(AnnotationError, match=f"a.xml.*'{encoding}'.*UTF-8"):
        read_xml(path)


def test_bytes_of_another_encoding(tmp_path, image):
    """A folder may be illegible, a class not."""
    image('images/a.png')
    path = write(tmp_path, 'utf-8', 'gbk', '红外')
    assert len(VocFolder(str(path.parent)).read('a').boxes) == 1
    write(tmp_path, 'utf-8', 'gbk', name='车')
    with pytest.raises(AnnotationError, match='a.xml: the class'):
        VocFolder(str(path.parent)).read('a')


@pytest.mark.parametrize(
    ('content', 'expected'),
    [
        (b'', 'broken XML'),
        (b'\0\0\0', 'broken XML'),
        (b'\x89PNG\r\n\x1a\n', 'broken XML'),
        (b'{"images": []}', 'broken XML'),
        (b'<html><body>404 Not Found</body></html>', 'holds a <html>'),
        (b'\n<?xml version="1.0"?><annotation><Object/></annotation>', '<Obj'),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 'no annotation of'),
    ],
)
def test_what_is_no_annotation(tmp_path, content, expected):
    path = tmp_path / 'a.xml'
    path.write_bytes(content)
    with pytest.raises(AnnotationError, match='a.xml') as error:
        read_xml(path)
    assert expected in str(error.value)


def test_classes_of_the_files(tmp_path, image):
    image('images/a.png')
    path = write(tmp_path, 'utf-8', 'utf-8', name='Zebra')
    (path.parent / '._a.xml').write_bytes(b'\0\5\x16\7')  # of macOS
    source = VocFolder(str(path.parent), classes=None)
    assert source.classes == ('Zebra',)
    assert source.names() == ['a']
    path.write_text('<annotation/>')
    assert source.read('a').boxes == []


def test_images_without_xml_are_told(tmp_path, image, to_coco, capsys):
    """LabelImg writes none for an image in which nothing was marked."""
    for name in 'abc':
        image(f'images/{name}.png')
    path = write(tmp_path, 'utf-8', 'utf-8')
    to_coco(path.parent, tmp_path / 'o.json')
    assert '2 images of' in (err := capsys.readouterr().err)
    assert 'left out (the first: b)' in err
    for name in 'bc':
        path.with_name(f'{name}.xml').write_text('<annotation/>')
    to_coco(path.parent, tmp_path / 'o.json', '--force')
    assert 'left out' not in capsys.readouterr().err


def test_names_that_differ_in_case(tmp_path, image):
    """One class, or two? No program would tell."""
    for name in 'ab':
        image(f'images/{name}.png')
    path = write(tmp_path, 'utf-8', 'utf-8', name='Car')
    path.with_name('b.xml').write_text(XML.format(folder='', name='car'))
    with pytest.raises(AnnotationError, match="'[Cc]ar' and '[Cc]ar'.*--cla"):
        VocFolder(str(path.parent), classes=None)
    source = VocFolder(str(path.parent), classes=('Car',))
    assert {source.read(name).boxes[0].name for name in 'ab'} == {'Car'}


def test_a_class_is_kept_where_a_like_one_is_ignored(tmp_path, image):
    """KAIST has person and people, which are groups of them."""
    names = ('person', 'people', 'Person', 'PEOPLE')
    for name in names:
        image(f'images/{name}.png')
        path = write(tmp_path, 'utf-8', 'utf-8', name=name)
        path.rename(path.with_name(f'{name}.xml'))
    folder = str(path.parent)
    expected = {'person': 1, 'people': 0, 'Person': 1, 'PEOPLE': 0}

    def kept(**options):
        source = VocFolder(folder, ignore_classes=['people'], **options)
        return {name: len(source.read(name).boxes) for name in names}

    assert kept(classes=['person']) == expected
    (path.parent / 'Person.xml').write_text('<annotation/>')
    assert kept(classes=None) == {**expected, 'Person': 0}
    # neither of them is meant more than the other
    other = path.with_name('people.xml')
    other.write_text(XML.format(folder='', name='pedestrian'))
    with pytest.raises(AnnotationError, match='pedestrian'):
        kept(classes=['person'])


def test_files_in_any_case_and_behind_links(tmp_path, image):
    """As images are found."""
    image('images/a.png')
    image('images/s/b.png')
    path = write(tmp_path, 'utf-8', 'utf-8')
    (tmp_path / 'elsewhere').mkdir()
    path.rename(tmp_path / 'elsewhere' / 'b.xml')
    write(tmp_path, 'utf-8', 'utf-8').rename(path.with_name('a.XML'))
    (path.parent / 's').symlink_to(tmp_path / 'elsewhere')
    source = VocFolder(str(path.parent))
    assert source.names() == ['a', 's/b']
    assert all(len(source.read(name).boxes) == 1 for name in source.names())
    write(tmp_path, 'utf-8', 'utf-8')
    with pytest.raises(AnnotationError, match='a.XML and .*a.xml have one'):
        VocFolder(str(path.parent))


def boxed(tmp_path, corners, size=None):
    keys = ('xmin', 'ymin', 'xmax', 'ymax')
    box = ''.join(
        f'<{k}>{v}</{k}>' for k, v in zip(keys, corners, strict=True)
    )
    size = size and f'<width>{size[0]}</width><height>{size[1]}</height>'
    path = tmp_path / 'xml' / 'a.xml'
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f'<annotation><size>{size or ""}</size><object><name>Car</name>'
        f'<bndbox>{box}</bndbox></object></annotation>'
    )
    return VocFolder(str(path.parent))


def test_boxes_of_another_picture(tmp_path, image):
    image('images/a.png')  # 40x30
    with pytest.raises(AnnotationError, match='a.xml.*fractions'):
        boxed(tmp_path, (0.1, 0.2, 0.5, 0.6)).read('a')
    for corners, size in (
        ((50, 20, 70, 28), (80, 60)),
        ((5, 20, 20, 38), (30, 40)),
    ):
        with pytest.raises(AnnotationError, match='fits the .* not the 40x30'):
            boxed(tmp_path, corners, size).read('a')
    # what fits may be right, and is only told
    found = boxed(tmp_path, (5, 6, 20, 16), (80, 60)).read('a')
    assert found.declared_size == (60, 80)
    assert len(found.boxes) == 1


def test_exchanged_corners(tmp_path, image):
    """Drawn from the lower right: the box is certain."""
    image('images/a.png')
    for corners in ((20, 6, 5, 16), (5, 16, 20, 6), (20, 16, 5, 6)):
        found = boxed(tmp_path, corners).read('a')
        assert [box.corners for box in found.boxes] == [(4, 5, 20, 16)]
        assert found.counts['exchanged'] == 1
