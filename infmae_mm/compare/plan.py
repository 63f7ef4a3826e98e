"""Plans: which rows to train, and what to report of them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class PlanError(SystemExit):
    """A plan that cannot be carried out: the message goes to the user."""


@dataclass(frozen=True)
class Measure:
    """A figure to report.

    Attributes:
        name (str): As the metric calls it, such as 'coco/bbox_mAP'.
        title (str): Head of its column.
        factor (float): What it is multiplied by: 100 makes per cent.
    """

    name: str
    title: str
    factor: float = 1.0


@dataclass(frozen=True)
class Pretraining:
    """A pre-training that rows start from, run once for each seed.

    Attributes:
        name (str): What rows call it.
        config (Path): Config of the pre-training.
        options (dict): Options of the config, by dotted names.
        data_root (str | None): Folder of images.
    """

    name: str
    config: Path
    options: dict[str, Any] = field(default_factory=dict)
    data_root: str | None = None


@dataclass(frozen=True)
class Row:
    """A row of the table. It has at most one of three starts.

    Attributes:
        name (str): In the plan, in folders and on the command line.
        title (str): In the table.
        config (Path): Config of the fine-tuning.
        options (dict): Options of the config, by dotted names.
        data_root (str | None): Folder of the labelled set.
        pretraining (str | None): Start from this pre-training of the plan.
        checkpoint (str | None): Start from this file.
        scratch (bool): Start from random weights.
        optional (bool): Leave the row out if its file is not there.
        paper (dict): Figures of the paper by measure, as it prints them.
    """

    name: str
    title: str
    config: Path
    options: dict[str, Any] = field(default_factory=dict)
    data_root: str | None = None
    pretraining: str | None = None
    checkpoint: str | None = None
    scratch: bool = False
    optional: bool = False
    paper: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What ``tools/compare.py`` carries out.

    Attributes:
        title (str): Head of the page.
        measures (list[Measure]): Columns.
        rows (dict[str, Row]): By name, in order.
        pretrainings (dict[str, Pretraining]): By name.
        reference (str | None): The row that the others are compared with.
    """

    title: str
    measures: list[Measure]
    rows: dict[str, Row]
    pretrainings: dict[str, Pretraining]
    reference: str | None
