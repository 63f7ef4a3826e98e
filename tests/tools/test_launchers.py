"""Requests that the launchers meet, and those they refuse."""

import os
import runpy
import subprocess
import sys

import pytest
from mmengine.config import Config
from toy import ROOT, train, write_config

from infmae_mm.checkpoint import read_checkpoint

measure = runpy.run_path(str(ROOT / 'tools' / 'test.py'))['main']
ONE_EPOCH = 'train_cfg.update(max_epochs=1)\n'


def refusal(main, *arguments):
    with pytest.raises(SystemExit) as error:
        main([str(a) for a in arguments])
    return str(error.value)


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """The work directory of a run of one epoch."""
    folder = tmp_path_factory.mktemp('run')
    config = write_config(folder, 'run', ONE_EPOCH)
    train([str(config), f'--work-dir={folder}'])
    return folder


@pytest.mark.parametrize('main', [train, measure])
def test_help(main, capsys):
    with pytest.raises(SystemExit) as error:
        main(['--help'])
    assert error.value.code == 0
    assert '--cfg-options' in capsys.readouterr().out


def test_no_such_config(tmp_path):
    path = tmp_path / 'absent.py'
    assert f'{path}: there is no such config' in refusal(train, path)
    assert f'{path}: there is no such config' in refusal(
        measure, path, 'x.pth'
    )


@pytest.mark.parametrize(
    'option,advice',
    [('optim_warpper.optimizer.lr=1', 'optim_wrapper'), ('zzz=1', 'model')],
)
def test_mistyped_option(tmp_path, option, advice):
    config = write_config(tmp_path, 'mistyped')
    message = refusal(train, config, '--cfg-options', option)
    assert option.split('=')[0] in message
    assert advice in message.split('Did you mean')[1]


def test_auto_scale_lr_without_base(tmp_path):
    config = write_config(tmp_path, 'no_base')
    assert 'base_batch_size' in refusal(train, config, '--auto-scale-lr')


def test_auto_scale_lr(tmp_path):
    extra = ONE_EPOCH + 'auto_scale_lr = dict(base_batch_size=8)\n'
    config = write_config(tmp_path, 'scaled', extra)
    train([str(config), f'--work-dir={tmp_path}', '--auto-scale-lr'])
    optimizer = read_checkpoint(tmp_path / 'epoch_1.pth')['optimizer']
    # 0.01 for 8 images; the run has 2 per iteration.
    assert optimizer['param_groups'][0]['initial_lr'] == 0.01 / 4


def test_float16_needs_a_gpu(tmp_path, monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    config = write_config(tmp_path, 'float16')
    assert 'needs a GPU' in refusal(train, config, '--amp', 'float16')


def test_amp_keeps_an_unknown_wrapper(tmp_path):
    extra = "optim_wrapper.update(type='ApexOptimWrapper')\n"
    config = write_config(tmp_path, 'apex', extra)
    assert 'ApexOptimWrapper' in refusal(train, config, '--amp')


def test_earlier_run_is_not_overwritten(run):
    before = {p: p.stat().st_mtime_ns for p in run.rglob('*')}
    config = run / 'run.py'
    message = refusal(train, config, f'--work-dir={run}')
    assert '--resume' in message
    assert '--work-dir' in message
    assert {p: p.stat().st_mtime_ns for p in run.rglob('*')} == before


def test_resume_with_nothing_to_resume(tmp_path, capsys):
    config = write_config(tmp_path, 'nothing', ONE_EPOCH)
    absent = tmp_path / 'absent.pth'
    work_dir = f'--work-dir={tmp_path}'
    assert str(absent) in refusal(train, config, '--resume', absent, work_dir)
    train([str(config), '--resume', work_dir])
    assert f'no checkpoint in {tmp_path}' in capsys.readouterr().out
    assert (tmp_path / 'epoch_1.pth').is_file()


def test_resume_ignores_the_weights_to_start_from(run, tmp_path, capsys):
    """`load_from` is for the first start only."""
    (tmp_path / 'epoch_1.pth').write_bytes((run / 'epoch_1.pth').read_bytes())
    config = write_config(tmp_path, 'started', "load_from = 'absent.pth'\n")
    train([str(config), f'--work-dir={tmp_path}', '--resume'])
    assert str(tmp_path / 'epoch_1.pth') in capsys.readouterr().out
    checkpoint = read_checkpoint(tmp_path / 'epoch_4.pth')
    assert checkpoint['meta']['iter'] == 20


def test_work_dir_of_command_line_config_and_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = write_config(tmp_path, 'by_name', ONE_EPOCH)
    train([str(config)])
    assert (tmp_path / 'work_dirs' / 'by_name' / 'epoch_1.pth').is_file()
    extra = ONE_EPOCH + "work_dir = 'of_config'\n"
    config = write_config(tmp_path, 'by_config', extra)
    train([str(config)])
    assert (tmp_path / 'of_config' / 'epoch_1.pth').is_file()


def test_data_root_reaches_every_dataset(tmp_path):
    config = write_config(tmp_path, 'rooted', ONE_EPOCH)
    train([str(config), f'--work-dir={tmp_path}', '--data-root=elsewhere'])
    cfg = read_checkpoint(tmp_path / 'epoch_1.pth')['meta']['cfg']
    assert cfg.count("data_root='elsewhere'") == 3
    assert 'toys' not in cfg
    written = Config.fromfile(tmp_path / 'rooted.py')
    assert Config.fromstring(cfg, '.py').to_dict() == written.to_dict()


def test_data_root_of_one_set_goes_before(tmp_path):
    config = write_config(tmp_path, 'rooted', ONE_EPOCH)
    option = 'val_dataloader.dataset.data_root=mine'
    roots = ['--data-root=elsewhere', '--cfg-options', option]
    train([str(config), f'--work-dir={tmp_path}', *roots])
    cfg = read_checkpoint(tmp_path / 'epoch_1.pth')['meta']['cfg']
    assert cfg.count("data_root='elsewhere'") == 2
    assert cfg.count("data_root='mine'") == 1


def test_data_root_without_a_dataset(tmp_path):
    extra = "train_dataloader['dataset'].pop('data_root')\n"
    extra += "val_dataloader['dataset'].pop('data_root')\n"
    config = write_config(tmp_path, 'rootless', extra)
    assert 'no dataset' in refusal(train, config, '--data-root=x')


def test_measures_a_checkpoint(run):
    (best,) = run.glob('best_*.pth')
    config = run / 'run.py'
    dumped = config.read_bytes()
    metrics = measure([str(config), str(best)])
    assert config.read_bytes() == dumped
    assert (run / 'test').is_dir()
    score = read_checkpoint(run / 'epoch_1.pth')['message_hub'][
        'runtime_info'
    ]['best_score']
    assert metrics['toy/loss'] == pytest.approx(score)


def test_checkpoint_of_another_model(run, tmp_path):
    config = write_config(tmp_path, 'another')
    options = ['--cfg-options', 'model.width=1']
    with pytest.raises(SystemExit, match='does not fit') as error:
        measure([str(config), str(run / 'epoch_1.pth'), *options])
    assert 'linear.weight: ' in str(error.value)
    assert 'torch.Size([3, 3])' in str(error.value)
    assert 'torch.Size([1, 3])' in str(error.value)


def test_checkpoint_that_cannot_be_read(tmp_path):
    config = write_config(tmp_path, 'unread')
    path = tmp_path / 'x.pth'
    assert str(path) in refusal(measure, config, path)
    path.write_bytes(b'PK')
    assert str(path) in refusal(measure, config, path)


def test_config_without_a_test(tmp_path):
    extra = 'test_dataloader = test_evaluator = test_cfg = None\n'
    config = write_config(tmp_path, 'no_test', extra)
    assert 'test_dataloader' in refusal(measure, config, 'x.pth')


@pytest.mark.parametrize('make', [True, False])
def test_no_image_to_train_on(tmp_path, make):
    folder = tmp_path / 'images'
    if make:
        folder.mkdir()
    extra = (
        "train_dataloader['dataset'] = dict(\n"
        "    type='infmae_mm.InfraredImages', data_root='')\n"
    )
    config = write_config(tmp_path, f'no_image_{make}', extra)
    message = refusal(
        train, config, f'--data-root={folder}', f'--work-dir={tmp_path}'
    )
    assert str(folder) in message


def test_less_than_a_batch(tmp_path):
    extra = 'train_dataloader.update(batch_size=11, drop_last=True)\n'
    config = write_config(tmp_path, 'less', extra)
    message = refusal(train, config, f'--work-dir={tmp_path}')
    assert '10 training images' in message
    assert 'train_dataloader.batch_size' in message


def test_the_log_is_on_the_console_without_chatter(tmp_path):
    """In a process of its own, as a user has it."""
    extra = (
        ONE_EPOCH + "log_level = 'INFO'\n"
        "optim_wrapper['optimizer'].update(weight_decay=0.1)\n"
        'optim_wrapper.update(paramwise_cfg=dict(bias_decay_mult=0.0))\n'
    )
    config = write_config(tmp_path, 'console', extra)
    path = os.pathsep.join([str(ROOT), str(ROOT / 'tests' / 'engine')])
    done = subprocess.run(
        [
            sys.executable,
            ROOT / 'tools' / 'train.py',
            config,
            f'--work-dir={tmp_path / "run"}',
        ],
        env={**os.environ, 'PYTHONPATH': path, 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout + done.stderr
    assert 'Epoch(train) [1][1/5]' in printed
    for chatter in (
        'OneDL',
        'paramwise_options --',
        'deprecated',
        'DeprecationWarning',
    ):
        assert chatter not in printed


def test_help_imports_nothing_heavy():
    tool = str(ROOT / 'tools' / 'train.py')
    code = (
        'import runpy, sys\n'
        f'main = runpy.run_path({tool!r})["main"]\n'
        'try:\n    main(["--help"])\nexcept SystemExit:\n    pass\n'
        'sys.exit("torch" in sys.modules)\n'
    )
    assert subprocess.run([sys.executable, '-c', code]).returncode == 0


def test_tta_needs_a_way_to_merge(run, tmp_path):
    message = refusal(measure, run / 'run.py', run / 'epoch_1.pth', '--tta')
    assert 'tta_model' in message


def test_test_work_dir_is_not_the_folder_of_the_config(run, tmp_path):
    config = write_config(tmp_path, 'tested', ONE_EPOCH)
    message = refusal(
        measure, config, run / 'epoch_1.pth', f'--work-dir={config.parent}'
    )
    assert 'overwrite tested.py' in message
