"""Plans that are carried out, killed, resumed and changed."""

import csv
import json
import math
import os
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from scipy import stats

from infmae_mm.compare.cells import make_cells
from infmae_mm.compare.plan_file import read_plan
from infmae_mm.compare.results import loss_curve, row_results
from infmae_mm.compare.statistics import summarise

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')


@pytest.fixture(scope='module')
def done(compare, toys, tmp_path_factory):
    """Two rows and two seeds, carried out."""
    out = tmp_path_factory.mktemp('done') / 'out'
    assert compare(toys / 'plan.py', '--out', out, '--seeds', 0, 1) == 0
    return out


def cells_of(toys, out, seeds=(0, 1)):
    plan = read_plan(str(toys / 'plan.py'))
    rows = list(plan.rows.values())
    return make_cells(plan, rows, list(seeds), out)[0]


def state(out):
    """Every file of the cells, and when it was written."""
    return {
        path: path.stat().st_mtime_ns
        for path in (out / 'cells').rglob('*')
        if path.is_file()
    }


def test_differences_are_those_of_a_paired_test():
    ours = {0: 3.0, 1: 5.0, 2: 4.5, 7: 9.0}
    theirs = {2: 4.0, 1: 3.5, 0: 2.9, 5: 1.0}
    found = summarise(ours, theirs)
    test = stats.ttest_rel([3.0, 5.0, 4.5], [2.9, 3.5, 4.0])
    expected = test.confidence_interval(0.95)
    assert found.interval == pytest.approx([expected.low, expected.high])
    assert found.difference == pytest.approx(0.7)
    assert found.mean == pytest.approx(np.mean(list(ours.values())))
    assert found.deviation == pytest.approx(
        np.std(list(ours.values()), ddof=1)
    )
    assert not found.is_clear
    assert summarise({0: 5, 1: 5.2}, {0: 1, 1: 1.1}).is_clear
    alone = summarise({0: 1.0}, {0: 3.0})
    assert alone.difference == -2
    assert np.isnan(alone.deviation) and np.isnan(alone.interval).all()
    assert np.isnan(summarise({}, {0: 1.0}).mean)


def test_a_seed_without_a_measure_is_told_of(toys, tmp_path):
    """A detector without a detection has none: the mean is of the others."""
    plan = read_plan(str(toys / 'plan.py'))
    rows = [plan.rows['scratch']]
    cells, _ = make_cells(plan, rows, [0, 1, 2], tmp_path)
    for cell, measures in zip(
        cells, ({'toy/loss': 0.5}, {}, {'toy/loss': math.nan}), strict=True
    ):
        result = dict(measures=measures, seconds=1.0, memory=1)
        cell.write('result.json', result)
    (found,) = row_results(plan, rows, cells, {})
    assert found.summaries['toy/loss'].mean == 50
    told = 'its test gave no loss, %: the mean is of the others'
    assert found.notes == [f'seed 1: {told}', f'seed 2: {told}']


def test_tables_hold_what_was_measured(done, toys):
    cells = cells_of(toys, done)
    values = {
        (c.name, c.seed): 100 * c.result['measures']['toy/loss']
        for c in cells
        if not c.is_pretraining
    }
    assert len(values) == 4
    with open(done / 'table.csv', newline='') as file:
        scratch, started = csv.DictReader(file)
    for row, name in ((scratch, 'scratch'), (started, 'started')):
        numbers = [values[name, 0], values[name, 1]]
        assert float(row['toy/loss:mean']) == pytest.approx(np.mean(numbers))
        assert float(row['toy/loss:seed_1']) == pytest.approx(numbers[1])
        assert float(row['parameters']) == 64 * 4 + 4 + 5
        assert float(row['flops']) == 2 * (64 * 4 + 4)
        assert float(row['seconds']) > 0 and float(row['memory']) > 1e6
    assert float(started['toy/loss:difference']) == pytest.approx(
        values['started', 0] / 2
        + values['started', 1] / 2
        - values['scratch', 0] / 2
        - values['scratch', 1] / 2
    )
    assert started['toy/loss:paper'] == '12.5'
    table = (done / 'table.md').read_text()
    assert '| Scratch | 2 of 2 |' in table
    assert 'loss, %, the paper says' in table
    assert f'{np.mean([values["started", s] for s in (0, 1)]):.2f} ±' in table


def test_a_row_starts_from_its_pre_training(done, toys):
    before, started = cells_of(toys, done)[1:3]
    assert before.is_pretraining and started.needs is not None
    steps, losses = loss_curve(started)
    assert steps == [1, 2, 3, 4, 5, 6]
    assert all(np.isfinite(losses))
    log = (started.folder / 'log.txt').read_text()
    assert (
        'weights taken from' in log
        or str(before.checkpoint) in (started.folder / 'config.py').read_text()
    )


def test_finished_cells_never_run_again(done, compare, toys):
    before = state(done)
    assert compare(toys / 'plan.py', '--out', done, '--seeds', 0, 1) == 0
    assert state(done) == before


def test_tables_keep_what_other_calls_have_finished(
    done, compare, toys, tmp_path
):
    out = shutil.copytree(done, tmp_path / 'out')
    whole = (out / 'table.csv').read_text()
    for options in (['--seeds', 1], ['--rows', 'started', '--seeds', 0]):
        assert compare(toys / 'plan.py', '--out', out, *options) == 0
        assert (out / 'table.csv').read_text() == whole


def test_tables_leave_out_what_has_changed(done, compare, toys, tmp_path):
    out = shutil.copytree(done, tmp_path / 'out')
    plan = (toys / 'plan.py').read_text().replace("lr': 0.02", "lr': 0.03")
    (tmp_path / 'plan.py').write_text(plan)
    options = ['--rows', 'scratch', '--seeds', 0]
    assert compare(tmp_path / 'plan.py', '--out', out, *options) == 0
    text = (out / 'table.md').read_text()
    assert '| Scratch | 2 of 2 |' in text
    assert '| Started |' not in text


class Links(HTMLParser):
    """Everything that a page would load."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.found += [
            value
            for name, value in attrs
            if name in ('src', 'href', 'xlink:href', 'data')
        ]


def test_page_needs_no_network(done):
    text = (done / 'table.html').read_text()
    links = Links()
    links.feed(text)
    assert all(link.startswith(('data:', '#')) for link in links.found)
    assert 'url(http' not in text and '@import' not in text
    assert 'script' not in links.tags
    assert links.tags.count('svg') == 2  # bars, curves
    assert links.tags.count('img') == 2 * 4  # rows, pictures
    assert '<title>Two starts &amp; &lt;a toy&gt;</title>' in text
    assert links.tags.count('h1') == 1


@pytest.mark.skipif(
    not any(map(shutil.which, BROWSERS)), reason='no browser is here'
)
def test_page_in_a_browser(done, tmp_path):
    """It is drawn: neither empty nor of one colour."""
    import cv2

    browser = next(filter(None, map(shutil.which, BROWSERS)))
    picture = tmp_path / 'page.png'
    subprocess.run(
        [
            browser,
            *('--headless', '--no-sandbox', '--disable-gpu'),
            *('--disable-background-networking', '--no-first-run'),
            f'--user-data-dir={tmp_path / "profile"}',
            *('--window-size=1200,1600', f'--screenshot={picture}'),
            f'file://{done / "table.html"}',
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    image = cv2.imread(str(picture))
    assert image.shape[0] == 1600 and image.shape[1] == 1200
    assert (image < 128).mean() > 0.002  # text
    blue = (image[..., 0] > image[..., 2].astype(int) + 40).mean()
    assert blue > 0.01  # bars


def test_changed_config_is_refused_or_set_aside(done, compare, toys, tmp_path):
    out = tmp_path / 'out'
    shutil.copytree(done, out)
    plan = tmp_path / 'plan.py'
    plan.write_text(
        f'_base_ = {str(toys / "plan.py")!r}\n'
        "rows = dict(scratch=dict(options={'optim_wrapper.optimizer.lr': 1}))"
    )
    options = ('--out', out, '--seeds', 0, '--rows', 'scratch')
    before = state(out)
    with pytest.raises(SystemExit, match="(?s)'lr': 0.01.*'lr': 1.*--rerun"):
        compare(plan, *options)
    assert state(out) == before
    assert compare(plan, *options, '--rerun-changed') == 0
    (kept,) = (out / 'replaced').iterdir()
    assert (kept / 'result.json').read_text() == (
        done / 'cells/scratch/seed-0/result.json'
    ).read_text()
    assert (out / 'cells/scratch/seed-0/result.json').is_file()


def test_a_failure_costs_one_cell(compare, toys, tmp_path, capsys):
    """What was trained before is not trained again."""
    plan = tmp_path / 'plan.py'
    config = str(toys / 'config.py')
    plan.write_text(
        f'_base_ = {str(toys / "plan.py")!r}\n'
        f"""
pretrainings = dict(_delete_=True)
rows = dict(
    _delete_=True,
    fails=dict(title='Fails', config={config!r}, scratch=True,
               options={{'visualizer.fails': True}}),
    scratch=dict(title='Scratch', config={config!r}, scratch=True),
)
"""
    )
    out = tmp_path / 'out'
    assert compare(plan, '--out', out, '--seeds', 0) == 1
    failure = json.loads((out / 'cells/fails/seed-0/failure.json').read_text())
    assert failure['step'] == 'test'
    assert 'this row fails in its test' in failure['reason']
    assert (out / 'cells/scratch/seed-0/result.json').is_file()
    for name in ('table.md', 'table.html'):
        assert 'this row fails in its test' in (out / name).read_text()
    assert '| Fails | 0 of 1 |' in (out / 'table.md').read_text()
    # Training is finished: only the test is tried again.
    checkpoint = out / 'cells/fails/seed-0/run/epoch_2.pth'
    written = checkpoint.stat().st_mtime_ns
    assert compare(plan, '--out', out, '--seeds', 0, '--no-rehearsal') == 1
    assert checkpoint.stat().st_mtime_ns == written


def test_what_a_rehearsal_finds(compare, toys, tmp_path):
    """Measures, options and starts that do not fit: nothing is trained."""
    plan = tmp_path / 'plan.py'
    plan.write_text(
        f'_base_ = {str(toys / "plan.py")!r}\n'
        """
measures = {'toy/los': dict(title='loss')}
rows = dict(
    started=dict(paper=dict(_delete_=True), options={
        'model.backbone.width': 8,
    }),
    scratch=dict(options={'model.fials': True}),
    longer=dict(title='L', config=%r, options={'train_cfg.max_epoch': 3}),
)
""" % str(toys / 'config.py')
    )
    out = tmp_path / 'out'
    with pytest.raises(SystemExit) as error:
        compare(plan, '--out', out, '--seeds', 0)
    text = str(error.value)
    assert 'scratch: ' in text and "model has no 'fials'" in text
    assert 'started: ' in text and 'weights of other shapes' in text
    assert 'longer: ' in text and "train_cfg has no 'max_epoch'" in text
    assert not (out / 'cells').exists()
    plan.write_text(
        f'_base_ = {str(toys / "plan.py")!r}\n'
        "measures = {'toy/los': dict(title='loss')}\n"
        'rows = dict(started=dict(paper=dict(_delete_=True)))'
    )
    with pytest.raises(SystemExit, match='have no toy/los, but toy/loss'):
        compare(plan, '--out', out, '--rows', 'scratch')


SBATCH = """#!/usr/bin/env bash
echo "$@" >> {folder}/submitted
echo $((100 + $(wc -l < {folder}/submitted)))
"""
SQUEUE = """#!/usr/bin/env bash
test -e {folder}/queued && echo PENDING
"""


def test_slurm(compare, toys, done, tmp_path, monkeypatch, capsys):
    """Jobs with their dependencies; later calls collect."""
    folder = tmp_path / 'bin'
    folder.mkdir()
    for name, text in (('sbatch', SBATCH), ('squeue', SQUEUE)):
        (folder / name).write_text(text.format(folder=folder))
        (folder / name).chmod(0o755)
    monkeypatch.setenv('PATH', f'{folder}:{os.environ["PATH"]}')
    out = tmp_path / 'out'
    options = ('--out', out, '--seeds', 0, '--launcher', 'slurm')
    options += ('--no-rehearsal', '--slurm-args=--partition=gpu')
    assert compare(toys / 'plan.py', *options) == 0
    jobs = (folder / 'submitted').read_text().splitlines()
    assert len(jobs) == 3
    assert '--dependency=afterok:102' in jobs[2] and 'gpu' in jobs[2]
    assert '--dependency' not in jobs[0] + jobs[1]
    script = out / 'cells/started/seed-0/job.sh'
    assert script.read_text().count('srun') == 2
    # Waiting jobs are not submitted twice, nor is their folder moved.
    (folder / 'queued').touch()
    change = ('--plan-options', 'rows.started.options.log_level=ERROR')
    with pytest.raises(SystemExit, match='scancel 103'):
        compare(toys / 'plan.py', *options, *change, '--rerun-changed')
    compare(toys / 'plan.py', *options)
    assert len((folder / 'submitted').read_text().splitlines()) == 3
    assert 'waits or runs' in capsys.readouterr().out
    # What jobs have left is collected; what is lost is submitted again.
    (folder / 'queued').unlink()
    for part in ('run', 'test', 'pictures'):
        shutil.copytree(
            done / f'cells/scratch/seed-0/{part}',
            out / f'cells/scratch/seed-0/{part}',
        )
    compare(toys / 'plan.py', *options)
    assert 'scratch, seed 0: collected' in capsys.readouterr().out
    assert '| Scratch | 1 of 1 |' in (out / 'table.md').read_text()
    assert len((folder / 'submitted').read_text().splitlines()) == 5


def test_two_comparisons_in_one_folder(compare, toys, done):
    import fcntl

    with open(done / '.lock', 'w') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(SystemExit, match='is in use'):
            compare(toys / 'plan.py', '--out', done)


def test_ctrl_c_tells_the_way_on(compare, toys, tmp_path, monkeypatch, capsys):
    started = []

    def interrupted(process, timeout=None):
        started.append(process)
        if len(started) == 1:
            raise KeyboardInterrupt
        return wait(process, timeout)

    wait = subprocess.Popen.wait
    monkeypatch.setattr(subprocess.Popen, 'wait', interrupted)
    out = tmp_path / 'out'
    arguments = toys / 'plan.py', '--out', out, '--rows', 'scratch'
    assert compare(*arguments, '--seeds', 0, '--no-rehearsal') == 130
    assert 'The same command goes on' in ' '.join(
        capsys.readouterr().out.split()
    )
    assert started[0].poll() is not None  # no process is left
    assert '| Scratch | 0 of 1 |' in (out / 'table.md').read_text()
