"""Plans: what does not fit is found before anything starts."""

import json

import pytest
import torch

from infmae_mm.checkpoint import published
from infmae_mm.compare.cells import make_cells
from infmae_mm.compare.plan import PlanError
from infmae_mm.compare.plan_file import read_plan
from infmae_mm.compare.problems import static_problems
from infmae_mm.configs import config_root

PLANS = sorted((config_root() / 'compare').glob('[!_]*.py'))


def changed(toys, tmp_path, text):
    """A plan that inherits the plan of the toys."""
    path = tmp_path / 'changed.py'
    path.write_text(f'_base_ = {str(toys / "plan.py")!r}\n{text}\n')
    return str(path)


@pytest.mark.parametrize(
    ('text', 'match'),
    [
        ("reference = 'scrach'", "no row 'scrach'.*mean scratch"),
        ("rows = dict(a=dict(title='A'))", 'rows.a has no config'),
        (
            "rows = dict(a=dict(title='A', config='segmentation/upernet.py'))",
            'rows.a: there is no config segmentation/upernet.py',
        ),
        (
            "rows = dict(started=dict(pretraining='befor'))",
            "no pretraining 'befor'.*before",
        ),
        ('rows = dict(scratch=dict(optoins={}))', "no key 'optoins'.*options"),
        (
            "rows = dict(started=dict(checkpoint='a.pth'))",
            'rows.started: a row starts from',
        ),
        ("rows = {'a b': dict(title='', config='')}", 'name of a row'),
        (
            "rows = dict(started=dict(paper={'toy/los': 1}))",
            "no measure 'toy/los'",
        ),
        ("measures = {'toy/loss': dict(factor='x', colour=1)}", 'colour'),
        ('mesures = {}', "no key 'mesures'.*measures"),
        ('measures = dict(_delete_=True)', 'has no measures'),
        ('rows = 3', 'rows must be a dict'),
        ('rows = dict(', 'changed.py, line 2: .* was never closed'),
        ('x = 3\nrows = row', 'changed.py, line 3: NameError: name .row.'),
        ('\nx = 1 / 0', 'changed.py, line 3: ZeroDivisionError'),
        ("measures = {'toy/loss': dict(factor='x')}", "factor must.*'x'"),
        ('rows = dict(scratch=dict(config=3))', 'config must be a str'),
        (
            "rows = dict(started=dict(paper={'toy/loss': '12'}))",
            'toy/loss must be a number',
        ),
        ("pretrainings = {'a/b': dict(config='')}", 'that of a folder'),
        (
            "rows = {'pretraining-before': dict(title='', config={!r})}",
            'choose another name',
        ),
    ],
)
def test_what_a_plan_cannot_say(text, match, toys, tmp_path):
    with pytest.raises(PlanError, match=f'(?s)error: .*{match}'):
        text = text.replace('{!r}', repr(str(toys / 'config.py')))
        read_plan(changed(toys, tmp_path, text))


def test_a_row_without_a_config_takes_that_of_the_plan(toys, tmp_path):
    config = 'segmentation/infmae-tiny_upernet_custom.py'
    text = f"config = {config!r}\nrows = dict(a=dict(title='A'))"
    rows = read_plan(changed(toys, tmp_path, text)).rows
    assert rows['a'].config == config_root() / config
    assert rows['scratch'].config != rows['a'].config  # it has its own


def test_home_is_read_behind_an_equals_sign(toys, monkeypatch):
    monkeypatch.setenv('HOME', str(toys))
    options = {
        'rows.scratch.scratch': False,
        'rows.scratch.checkpoint': '~/start.pth',
        'rows.scratch.config': '~/config.py',
    }
    row = read_plan(str(toys / 'plan.py'), options).rows['scratch']
    assert row.checkpoint == str(toys / 'start.pth')
    assert row.config == toys / 'config.py'


def problems(toys, tmp_path, text):
    plan = read_plan(changed(toys, tmp_path, text))
    rows = list(plan.rows.values())
    cells, _ = make_cells(plan, rows, [0, 1], tmp_path / 'out')
    return static_problems(cells)


def test_rows_are_trained_equally_long(toys, tmp_path):
    config = tmp_path / 'early.py'
    config.write_text(
        f'_base_ = {str(toys / "config.py")!r}\n'
        "custom_hooks = [dict(type='EarlyStoppingHook', monitor='loss')]\n"
    )
    text = f"rows = dict(a=dict(title='A', config={str(config)!r}))"
    [found] = problems(toys, tmp_path, text)
    assert found.startswith('a: its config stops early')


def test_what_does_not_fit_together(toys, tmp_path):
    """All problems of a plan at once, each of them once."""
    assert problems(toys, tmp_path, '') == []
    damaged = tmp_path / 'damaged.pth'
    damaged.write_bytes(b'no checkpoint')
    found = problems(
        toys,
        tmp_path,
        f"""
config = {str(toys / 'config.py')!r}
rows = dict(
    scratch=dict(options={{'train_dataloder.batch_size': 3}}),
    started=dict(data_root='not/here'),
    damaged=dict(title='D', config=config, checkpoint={str(damaged)!r}),
    absent=dict(title='A', config=config, checkpoint='absent.pth'),
)
del config
""",
    )
    assert len(found) == 6
    assert 'no train_dataloder' in found[0]
    assert [f for f in found if '/not/here (' in f] == found[1:4]
    assert 'damaged.pth' in found[4] and 'not a complete' in found[4]
    assert found[5] == 'absent: there is no checkpoint absent.pth'


def test_rows_whose_file_is_optional(toys, tmp_path):
    text = f"""
rows = dict(
    mcmae=dict(
        title='MCMAE',
        config={str(toys / 'config.py')!r},
        checkpoint='mcmae.pth',
        optional=True,
    ),
)
"""
    plan = read_plan(changed(toys, tmp_path, text))
    rows = list(plan.rows.values())
    cells, absent = make_cells(plan, rows, [0], tmp_path)
    assert [row.name for row in absent] == ['mcmae']
    assert 'mcmae' not in {cell.name for cell in cells}


def test_cells_share_pre_trainings(toys, tmp_path):
    text = f"""
rows = dict(again=dict(
    title='Again', config={str(toys / 'config.py')!r}, pretraining='before'))
"""
    plan = read_plan(changed(toys, tmp_path, text))
    rows = list(plan.rows.values())
    cells, _ = make_cells(plan, rows, [3, 5], tmp_path)
    assert [(c.name, c.seed) for c in cells] == [
        (name, seed)
        for seed in (3, 5)
        for name in ('scratch', 'pretraining-before', 'started', 'again')
    ]
    before, started, again = cells[1:4]
    assert started.needs is again.needs is before
    start = started.config.model.backbone.init_cfg
    assert start.checkpoint == str(before.checkpoint)
    assert started.config.randomness.seed == 3
    assert started.config.optim_wrapper.optimizer.lr == 0.02
    assert started.fingerprint != again.fingerprint
    # Wherever the folder lies, it is the same run.
    moved = tmp_path / 'a folder of a long name, with spaces' / 'and' / 'deep'
    elsewhere, _ = make_cells(plan, rows, [3], moved)
    assert elsewhere[2].fingerprint == started.fingerprint


def test_relative_folders_are_those_of_the_first_start(
    toys, tmp_path, monkeypatch
):
    """Resumed from elsewhere, the same words must not mean other data."""

    def cell():
        plan = read_plan(str(toys / 'plan.py'), dict(labelled='set'))
        out = tmp_path / 'out'
        [cell], _ = make_cells(plan, [plan.rows['scratch']], [0], out)
        return cell

    monkeypatch.chdir(toys)
    first = cell()
    root = str(toys / 'set')
    assert first.config.train_dataloader.dataset.data_root == root
    first.prepare()
    assert cell().change() is None
    (tmp_path / 'elsewhere' / 'set').mkdir(parents=True)
    monkeypatch.chdir(tmp_path / 'elsewhere')
    assert root in cell().change()
    assert str(tmp_path / 'elsewhere' / 'set') in cell().change()


def test_a_shipped_start_of_another_release_is_another_run(
    toys, tmp_path, monkeypatch
):
    text = f"""
rows = dict(ships=dict(
    title='S', config={str(toys / 'config.py')!r}, checkpoint='infmae_mm://s'))
"""
    monkeypatch.setattr(published, 'WEIGHTS', tmp_path)
    fingerprints = set()
    for release in ('0' * 64, '1' * 64):
        index = dict(s=dict(file='s.pth', sha256=release))
        (tmp_path / 'index.json').write_text(json.dumps(index))
        plan = read_plan(changed(toys, tmp_path, text))
        cells, _ = make_cells(plan, [plan.rows['ships']], [0], tmp_path)
        fingerprints.add(cells[0].fingerprint)
    assert len(fingerprints) == 2


def test_a_start_with_other_content_is_another_run(toys, tmp_path):
    file = tmp_path / 'start.pth'
    text = f"""
rows = dict(file=dict(
    title='F', config={str(toys / 'config.py')!r}, checkpoint={str(file)!r}))
"""
    fingerprints = set()
    for value in (0, 1):
        torch.save({'linear.weight': torch.full((4, 64), value)}, file)
        plan = read_plan(changed(toys, tmp_path, text))
        cells, _ = make_cells(plan, [plan.rows['file']], [0], tmp_path)
        fingerprints.add(cells[0].fingerprint)
    assert len(fingerprints) == 2


def test_the_schedule_follows_the_length_of_a_plan(toys, tmp_path):
    """As with --cfg-options, unless an option sets the schedule."""
    text = toys.joinpath('config.py').read_text()
    text += "param_scheduler = dict(type='PolyLR', begin=1, end=2)\n"
    config = tmp_path / 'scheduled.py'
    config.write_text(text)
    plan = read_plan(
        changed(
            toys,
            tmp_path,
            f"""
fine_tuning_options = {{'train_cfg.max_epochs': 20}}
rows = dict(
    follows=dict(title='F', config={str(config)!r}),
    by_hand=dict(
        title='H',
        config={str(config)!r},
        options={{'param_scheduler.end': 15}},
    ),
)
""",
        )
    )
    rows = [plan.rows['follows'], plan.rows['by_hand']]
    cells, _ = make_cells(plan, rows, [0], tmp_path / 'out')
    follows, by_hand = (cell.config.param_scheduler for cell in cells)
    assert (follows.begin, follows.end) == (10, 20)
    assert (by_hand.begin, by_hand.end) == (1, 15)


@pytest.mark.parametrize('path', PLANS, ids=lambda path: path.stem)
def test_shipped_plan(path, tmp_path):
    """It names rows, configs and options that there are."""
    plan = read_plan(str(path))
    rows = list(plan.rows.values())
    cells, absent = make_cells(plan, rows, [0], tmp_path)
    for problem in static_problems(cells):
        # The sets and the files of users are not here.
        assert 'no data folder' in problem or 'no checkpoint' in problem
    assert len({*(c.name for c in cells)}) + len(absent) == len(rows) + len(
        {c.needs.name for c in cells if c.needs}
    )


def test_dry_run(compare, toys, tmp_path, capsys):
    """All commands, in their order, and no folder."""
    out = tmp_path / 'out'
    assert compare(toys / 'plan.py', '--out', out, '--dry-run') == 0
    lines = capsys.readouterr().out.splitlines()
    commands = [line for line in lines if line[0] != '#']
    assert len(commands) == 3 * (1 + 2 + 2)
    assert [('train.py' in c, 'test.py' in c) for c in commands[:3]] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert not out.exists()
    slurm = ('--launcher', 'slurm', '--slurm-args=--gres=gpu:1')
    compare(toys / 'plan.py', '--out', out, '--dry-run', '--seeds', 0, *slurm)
    submitted = [
        line
        for line in capsys.readouterr().out.splitlines()
        if line.startswith('sbatch')
    ]
    assert len(submitted) == 3
    assert 'afterok:JOB_OF_pretraining-before-0' in submitted[2]
    assert all('--gres=gpu:1' in line for line in submitted)


def test_unknown_rows_and_options(compare, toys, tmp_path):
    out = ('--out', tmp_path / 'out', '--dry-run')
    with pytest.raises(SystemExit, match="no row 'strated'.*started"):
        compare(toys / 'plan.py', *out, '--rows', 'strated')
    with pytest.raises(SystemExit, match="no option 'labeled'.*labelled"):
        compare(toys / 'plan.py', *out, '--plan-options', 'labeled=x')
    with pytest.raises(SystemExit, match='no data folder .*/nowhere '):
        compare(toys / 'plan.py', *out, '--plan-options', 'labelled=nowhere')
    with pytest.raises(SystemExit, match='there is no plan'):
        compare(tmp_path / 'absent.py', *out)
    with pytest.raises(SystemExit, match='--plan-options labelled: wanted'):
        compare(toys / 'plan.py', *out, '--plan-options', 'labelled')
    with pytest.raises(SystemExit, match='--seeds'):
        compare(toys / 'plan.py', *out, '--seeds', 0, -1)


def test_folders_that_are_no_place_for_a_comparison(compare, toys, tmp_path):
    plan = toys / 'plan.py'
    table = tmp_path / 'table.csv'
    table.write_text('mine')
    with pytest.raises(SystemExit, match=r'overwrite table\.csv in it'):
        compare(plan, '--out', tmp_path)
    assert table.read_text() == 'mine'
    with pytest.raises(SystemExit, match='error: --out: .*table.csv'):
        compare(plan, '--out', table)
    among = toys / 'set' / 'compared'
    with pytest.raises(SystemExit, match='lies among the images of train'):
        compare(plan, '--out', among)
    assert not among.exists()
