"""Reading of plans: what a file may say, and errors that name the place."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..configs import config_files, config_root
from ..engine.launch import LaunchError, read_config
from .plan import Measure, Plan, PlanError, Pretraining, Row

KEYS = {
    'title': str,
    'measures': dict,
    'rows': dict,
    'config': str,
    'pretrainings': dict,
    'reference': str,
    'labelled': str,
    'unlabelled': str,
    'fine_tuning_options': dict,
    'pretraining_options': dict,
}
OF_MEASURE = {'title': str, 'factor': float | int}
OF_PRETRAINING = {
    'config': str,
    'options': dict | None,
    'data_root': str | None,
}
OF_ROW = {
    **OF_PRETRAINING,
    'title': str,
    'pretraining': str | None,
    'checkpoint': str | None,
    'scratch': bool,
    'optional': bool,
    'paper': dict,
}


def read_plan(path: str, options: dict[str, Any] | None = None) -> Plan:
    """Read a plan.

    Args:
        path (str): A Python file; plans inherit as configs do.
        options (dict, optional): Changes to the plan, by dotted names.

    Returns:
        Plan: The plan.

    Raises:
        PlanError: If there is no such file, or it names something unknown.
    """
    if not Path(path).is_file():
        raise PlanError(f'error: there is no plan {path}')
    try:
        cfg = read_config(path, needs_model=False)
    except LaunchError as error:
        raise PlanError(f'error: {error}') from error
    for option in options or {}:
        _refuse_unknown({option.split('.')[0]}, set(KEYS), path, 'option')
    cfg.merge_from_dict(options or {})
    found = {k: v for k, v in cfg.items() if not k.startswith('_')}
    _refuse_unknown(set(found), set(KEYS), path, 'key')
    for key, value in found.items():
        if value is not None and not isinstance(value, KEYS[key]):
            raise PlanError(
                f'error: {path}: {key} must be a {KEYS[key].__name__}, got '
                f'{value!r}'
            )
    for key in ('measures', 'rows'):
        if not found.get(key):
            raise PlanError(f'error: {path} has no {key}')
    plan = Plan(
        title=found.get('title') or Path(path).stem,
        measures=[
            Measure(
                name, **_entry(value, OF_MEASURE, {'title'}, f'{path}: {name}')
            )
            for name, value in found['measures'].items()
        ],
        pretrainings={
            name: _pretraining(name, value, found, path)
            for name, value in (found.get('pretrainings') or {}).items()
        },
        rows={
            name: _row(name, value, found, path)
            for name, value in found['rows'].items()
        },
        reference=found.get('reference'),
    )
    _check(plan, path)
    return plan


def choose_rows(plan: Plan, names: list[str] | None) -> list[Row]:
    """The rows to train.

    Raises:
        PlanError: If the plan has no such row.
    """
    if names is None:
        return list(plan.rows.values())
    _refuse_unknown(set(names), set(plan.rows), '--rows', 'row')
    return [row for row in plan.rows.values() if row.name in names]


def _pretraining(name: str, value: Any, plan: dict, path: str) -> Pretraining:
    where = f'{path}: pretrainings.{name}'
    _check_name(name, where)
    entry = _entry(value, OF_PRETRAINING, {'config'}, where)
    entry['config'] = find_config_file(entry['config'], where)
    entry['options'] = {
        **(plan.get('pretraining_options') or {}),
        **(entry.get('options') or {}),
    }
    entry.setdefault('data_root', plan.get('unlabelled'))
    return Pretraining(name, **entry)


def _row(name: str, value: Any, plan: dict, path: str) -> Row:
    where = f'{path}: rows.{name}'
    _check_name(name, where)
    shared = {'config': plan['config']} if plan.get('config') else {}
    if isinstance(value, dict):
        value = {**shared, **value}
    entry = _entry(value, OF_ROW, {'title', 'config'}, where)
    entry['config'] = find_config_file(entry['config'], where)
    entry['options'] = {
        **(plan.get('fine_tuning_options') or {}),
        **(entry.get('options') or {}),
    }
    entry.setdefault('data_root', plan.get('labelled'))
    if entry.get('checkpoint'):
        # shells leave ~ as it is behind a =
        entry['checkpoint'] = os.path.expanduser(entry['checkpoint'])
    row = Row(name, **entry)
    starts = [row.pretraining, row.checkpoint, row.scratch]
    if sum(map(bool, starts)) > 1:
        raise PlanError(
            f'error: {where}: a row starts from a pretraining, from a '
            'checkpoint or from scratch, not from several of them'
        )
    return row


def _check_name(name: str, where: str) -> None:
    if not name or set(name) & set('/\\ .'):
        raise PlanError(
            f'error: {where}: the name of a row or a pre-training is that of '
            'a folder, without spaces, dots and slashes; "title" may have '
            'them'
        )


def find_config_file(name: str, where: str) -> Path:
    """A config below the current folder, or one that comes with the package.

    Raises:
        PlanError: If there is no such file.
    """
    shipped = config_root() / name.removeprefix('configs/')
    for path in (Path(name).expanduser(), shipped):
        if path.is_file():
            return path.resolve()
    others = [str(p.relative_to(config_root())) for p in config_files()]
    close = get_close_matches(name.removeprefix('configs/'), others)
    raise PlanError(
        f'error: {where}: there is no config {name}'
        + (f'. Did you mean {", ".join(close)}?' if close else '')
    )


def _entry(
    value: Any, types: dict[str, Any], needed: set[str], where: str
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PlanError(f'error: {where} must be a dict, got {value!r}')
    _refuse_unknown(set(value), set(types), where, 'key')
    for key, entry in value.items():
        if not isinstance(entry, types[key]):
            kind = getattr(types[key], '__name__', types[key])
            raise PlanError(
                f'error: {where}: {key} must be a {kind}, got {entry!r}'
            )
    if needed - set(value):
        raise PlanError(
            f'error: {where} has no {", ".join(sorted(needed - set(value)))}'
        )
    return dict(value)


def _refuse_unknown(
    found: set[str], known: set[str], where: str, what: str
) -> None:
    for name in sorted(found - known):
        close = get_close_matches(name, known) or sorted(known)
        raise PlanError(
            f'error: {where}: there is no {what} {name!r}. Did you mean '
            f'{", ".join(close)}?'
        )


def _check(plan: Plan, path: str) -> None:
    if plan.reference is not None:
        _refuse_unknown({plan.reference}, set(plan.rows), path, 'row')
    measures = {measure.name for measure in plan.measures}
    for row in plan.rows.values():
        where = f'{path}: rows.{row.name}'
        if row.pretraining is not None:
            _refuse_unknown(
                {row.pretraining}, set(plan.pretrainings), where, 'pretraining'
            )
        _refuse_unknown(set(row.paper), measures, where, 'measure')
        for name, figure in row.paper.items():
            if not isinstance(figure, float | int):
                raise PlanError(
                    f'error: {where}: the figure of the paper for {name} '
                    f'must be a number, got {figure!r}'
                )
        if row.name.removeprefix('pretraining-') in plan.pretrainings and (
            row.name.startswith('pretraining-')
        ):
            raise PlanError(
                f'error: {where}: the folder of that name is that of a '
                'pre-training: choose another name'
            )
