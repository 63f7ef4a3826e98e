"""What README and docs tell people to type exists."""

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from infmae_mm.archs import ARCHS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md']
PAGES += sorted((ROOT / 'docs').glob('*.md'))
BLOCK = re.compile(r'^```(\w+)\n(.*?)^```', flags=re.M | re.S)


def blocks(language: str):
    for page in PAGES:
        for found, text in BLOCK.findall(page.read_text()):
            if found == language:
                yield page.name, text


def commands():
    """Every call of a tool, split into words, with its page."""
    for page, text in blocks('shell'):
        for line in text.replace('\\\n', ' ').splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ['python'] and words[1].startswith('tools/'):
                yield page, words[1:]


COMMANDS = [
    pytest.param(words, id=f'{page}: {" ".join(words)[:50]}')
    for page, words in commands()
]


@cache
def help_of(tool: str) -> str:
    done = subprocess.run(
        [sys.executable, tool, '--help'],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize('words', COMMANDS)
def test_tool_takes_what_a_page_gives_it(words):
    tool, *arguments = words
    assert (ROOT / tool).is_file()
    text = help_of(tool)
    for word in arguments:
        if word.startswith('--'):
            option = word.split('=')[0]
            assert re.search(rf'{option}(?![\w-])', text), option


@pytest.mark.parametrize('page', PAGES, ids=lambda p: p.name)
def test_every_file_that_a_page_names_is_there(page):
    named = re.findall(
        r'(?<![\w/.<*$])((?:configs|tools|tests)/[\w./-]+\.(?:py|yml|sh))',
        page.read_text(),
    )
    assert not [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize(
    'text',
    [pytest.param(t, id=f'{p}: {t[:40]!r}') for p, t in blocks('python')],
)
def test_python_of_a_page_compiles(text):
    compile(text, 'page', 'exec')


def test_targets_of_make():
    targets = set(
        re.findall(r'^([\w-]+):', (ROOT / 'Makefile').read_text(), flags=re.M)
    )
    for page, text in blocks('shell'):
        for line in text.replace('\\\n', ' ').splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] == 'make':
                named = {w for w in words[1:] if '=' not in w}
                assert named <= targets, page


@pytest.mark.parametrize('page', PAGES, ids=lambda p: p.name)
def test_links_lead_to_files_of_the_site(page):
    """A file outside docs/ is named as code: the site does not have it."""
    links = re.findall(r'\]\(([^)#:]+\.\w+)(?:#[^)]*)?\)', page.read_text())
    assert not [link for link in links if not (page.parent / link).exists()]
    if page.parent.name == 'docs':
        assert not [link for link in links if link.startswith('../')]


@pytest.mark.parametrize('page', PAGES, ids=lambda p: p.name)
def test_code_spans_stay_on_a_line(page):
    text = re.sub(r'^ *```.*?^ *```', '', page.read_text(), flags=re.M | re.S)
    for paragraph in text.split('\n\n'):
        spans = paragraph.split('`')[1::2]
        assert not [span for span in spans if '\n' in span]


def test_anchors_that_the_readme_names():
    """mkdocs checks those of the site."""
    for page in PAGES[:2]:
        links = re.findall(r'\]\(([^)#:]+\.md)#([^)]+)\)', page.read_text())
        for path, anchor in links:
            text = (page.parent / path).read_text()
            headings = re.findall(r'^#+ (.+)$', text, flags=re.M)
            slugs = [
                re.sub(r'[^\w\s-]', '', heading).strip().lower()
                for heading in headings
            ]
            assert anchor in [slug.replace(' ', '-') for slug in slugs], anchor


def test_every_page_is_in_the_navigation():
    class Loader(yaml.SafeLoader):
        """Reads mkdocs.yml without the objects of its tags."""

    Loader.add_multi_constructor('tag:yaml.org,2002:python/', lambda *_: None)
    site = yaml.load((ROOT / 'mkdocs.yml').read_text(), Loader)
    listed = set(re.findall(r'[\w-]+\.md', str(site['nav'])))
    assert listed == {path.name for path in (ROOT / 'docs').glob('*.md')}


def test_families_of_configs_have_their_lines():
    sys.path.insert(0, str(ROOT / 'tools' / 'benchmarks'))
    try:
        from drop_in import read_configs, read_families
    finally:
        sys.path.pop(0)
    families = read_families()
    used = set(read_configs().values()) - {''}
    assert used <= set(families)


def test_channels_of_a_page_are_those_of_the_networks():
    page = (ROOT / 'docs' / 'any_config.md').read_text()
    text = ' '.join(page.split())
    for name, arch in ARCHS.items():
        if name != 'base':
            *dims, last = arch['embed_dims']
            channels = ', '.join(map(str, (*dims, last, last)))
            assert re.search(f'`{name}`( has)? {channels}', text), name
